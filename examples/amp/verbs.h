/* SPDX-License-Identifier: MIT */
/* What the program can do, each in a file of its own. A function reads the
 * options, and returns the exit code. argv[0] is the name that --help shows. */
#ifndef AMP_VERBS_H
#define AMP_VERBS_H

/* amp make: writes a recording, for those who have none. */
int make(int argc, char **argv);

/* amp train: learns from a recording, and writes checkpoints. */
int train(int argc, char **argv);

/* amp play: plays a file instead of the device. */
int play(int argc, char **argv);

/* The number of elements of an array. */
#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

#endif
