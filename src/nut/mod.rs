//! NUT's own language: lexer, directives per file and version, status words. Pure.
