// SPDX-License-Identifier: MIT
//! Programs that must not compile, each with what the compiler of Debian 12
//! says. After a change on purpose, `TRYBUILD=overwrite cargo test` writes that
//! anew.

#[test]
fn programs_that_are_not_sound_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
