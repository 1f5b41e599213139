//! Link settings of the shared object.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The number changes when a program compiled before would no longer run.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libntb.so.0");
    // Its threads may outlive a dlclose, so it must stay where it is.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,defs");
}
