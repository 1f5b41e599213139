mod engine;
mod trees;
