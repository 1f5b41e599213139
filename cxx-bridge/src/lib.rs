//! The cxx bridge between ntb-core and BeeGFS's socket classes.
