//! Black-box tests: the real program, a real daemon, real editors, a scripted model where the words matter.

mod command_line;
mod neovim;
