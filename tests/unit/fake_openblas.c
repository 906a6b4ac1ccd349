/* SPDX-License-Identifier: MIT */
/* Libraries that are no OpenBLAS of use: one that lacks a symbol, and one whose
 * integers have 64 bits. */
int cblas_sgemm(void);
char *openblas_get_config(void);
char *openblas_get_corename(void);
int openblas_get_num_threads(void);

/* Not to be called. */
int cblas_sgemm(void)
{
    __builtin_trap();
}

#ifdef FAKE_HAS_DGEMM
int cblas_dgemm(void);

int cblas_dgemm(void)
{
    __builtin_trap();
}
#endif

char *openblas_get_config(void)
{
    static char text[] = "OpenBLAS 0.3.21 USE64BITINT DYNAMIC_ARCH";
    return text;
}

char *openblas_get_corename(void)
{
    static char text[] = "Haswell";
    return text;
}

int openblas_get_num_threads(void)
{
    return 1;
}
