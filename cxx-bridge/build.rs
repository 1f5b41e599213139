//! Generates and compiles the C++ side of the bridge.

fn main() {
    // The headers land in `<target>/cxxbridge`, where the build of the plugin finds them.
    cxx_build::bridge("src/ffi.rs")
        .std("c++17")
        .flag_if_supported("-fPIC")
        .compile("ntb-bridge");
    println!("cargo::rerun-if-changed=src/ffi.rs");
}
