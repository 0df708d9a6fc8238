//! Black-box tests of the program: its processes and its command line. They need no model.

mod support;

mod apply;
mod command_line;
mod editor;
mod handshake;
mod lifecycle;
