/* SPDX-License-Identifier: MIT */
#include "picture_pen.h"

/* b is the band of a cell, x one of its boxes, t a row of h0 or h_n; p is the
 * page, s a step of a tensor. */
static const char style[] =
    "text{font-family:monospace;font-size:12px;fill:#1f2328}\n"
    ".name{font-family:sans-serif;font-size:13px;font-weight:bold}\n"
    ".heading{font-family:sans-serif;font-size:17px;font-weight:bold}\n"
    ".remark{fill:#59636e}.center{text-anchor:middle}\n"
    ".p{fill:#fff}.s{fill:#eff2f5;stroke:#818b98}\n"
    ".n{fill:#59636e;stroke:#59636e;stroke-width:1.5}\n"
    ".nb{fill:#f6f8fa;stroke:#818b98;stroke-dasharray:4 3}\n"
    ".f{fill:#0969da;stroke:#0969da;stroke-width:1.5}\n"
    ".fb{fill:#e8f3ff}\n"
    ".fx{fill:#fff;stroke:#0969da;stroke-width:1.5}\n"
    ".ft{fill:#cfe5ff;stroke:#0969da}\n"
    ".r{fill:#bc4c00;stroke:#bc4c00;stroke-width:1.5}\n"
    ".rb{fill:#fff1e5}\n"
    ".rx{fill:#fff;stroke:#bc4c00;stroke-width:1.5}\n"
    ".rt{fill:#ffddc2;stroke:#bc4c00}\n"
    ".loop{fill:none}\n"
    "@media (prefers-color-scheme:dark){\n"
    "text{fill:#f0f6fc}.remark{fill:#9198a1}\n"
    ".p{fill:#0d1117}.s{fill:#262c36;stroke:#656c76}\n"
    ".n{fill:#9198a1;stroke:#9198a1}\n"
    ".nb{fill:#151b23;stroke:#656c76}\n"
    ".f{fill:#58a6ff;stroke:#58a6ff}\n"
    ".fb{fill:#0f2440}.fx{fill:#0d1117;stroke:#58a6ff}\n"
    ".ft{fill:#164478;stroke:#58a6ff}\n"
    ".r{fill:#f0883e;stroke:#f0883e}\n"
    ".rb{fill:#33200f}.rx{fill:#0d1117;stroke:#f0883e}\n"
    ".rt{fill:#6b3a12;stroke:#f0883e}\n"
    ".loop{fill:none}\n"
    "}\n";

void command_pen_style(FILE *file)
{
    (void)fprintf(file, "<style type=\"text/css\">\n%s</style>\n", style);
}

void command_pen_write(FILE *file, command_pen_text kind, int x, int y,
                       const char *text)
{
    static const char *const classes[] = {
        [COMMAND_PEN_LABEL] = "",
        [COMMAND_PEN_CENTER] = " class=\"center\"",
        [COMMAND_PEN_REMARK] = " class=\"remark\"",
        [COMMAND_PEN_STEP] = " class=\"center remark\"",
        [COMMAND_PEN_NAME] = " class=\"name\"",
        [COMMAND_PEN_HEADING] = " class=\"heading\"",
    };
    (void)fprintf(file, "<text%s x=\"%d\" y=\"%d\">%s</text>\n", classes[kind],
                  x, y, text);
}

void command_pen_box(FILE *file, const char *kind, int x, int y, int width,
                     int height)
{
    (void)fprintf(file,
                  "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" "
                  "height=\"%d\" rx=\"5\"/>\n",
                  kind, x, y, width, height);
}

void command_pen_arrow(FILE *file, const char *kind, int x, int y, int to_x,
                       int to_y)
{
    (void)fprintf(file, "<path class=\"%s\" d=\"M%d %dL%d %dM%d %d", kind, x, y,
                  to_x, to_y, to_x, to_y);
    if (x == to_x)
        (void)fprintf(file, "l-4 %dh8z\"/>\n", COMMAND_PEN_HEAD);
    else
        (void)fprintf(file, "l%d -4v8z\"/>\n",
                      to_x > x ? -COMMAND_PEN_HEAD : COMMAND_PEN_HEAD);
}

void command_pen_loop(FILE *file, const char *kind, int x, int y, int above,
                      int to_x)
{
    (void)fprintf(file,
                  "<path class=\"%s loop\" d=\"M%d %dV%dH%dV%d\"/>\n"
                  "<path class=\"%s\" d=\"M%d %dl-4 -%dh8z\"/>\n",
                  kind, x, y, above, to_x, y, kind, to_x, y, COMMAND_PEN_HEAD);
}

void command_pen_dots(FILE *file, const char *kind, int x, int y,
                      bool is_vertical)
{
    enum { APART = 8 };
    for (int i = -1; i <= 1; i++)
        (void)fprintf(file,
                      "<circle class=\"%s\" cx=\"%d\" cy=\"%d\" r=\"1.5\"/>\n",
                      kind, is_vertical ? x : x + i * APART,
                      is_vertical ? y + i * APART : y);
}
