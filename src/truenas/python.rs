//! The program that runs on the box, as shell text.

const ON_BOX: &str = include_str!("on_box.py");

/// Runs it with the shell's own stdin: neither program nor input is in an argv.
pub(super) fn run_on_box(prefix: &str) -> String {
    format!("{prefix}python3 -I /dev/fd/3 3<<'PYTHON_ENDS'\n{ON_BOX}\nPYTHON_ENDS\n")
}
