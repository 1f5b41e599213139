mod engine;
mod keys;
mod trees;
