//! Link settings of the shared object.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The name that programs ask the loader for.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libsisci.so");
    // Its threads run until the process ends, so it must stay where it is.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
