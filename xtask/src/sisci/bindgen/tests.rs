//! Doctored copies of our own headers.

use super::*;
use compare::Difference;
use std::fs;

fn ours() -> PathBuf {
    util::root().join("sisci-sys/include")
}

/// A copy of our headers after `edits`: file, text, what it becomes.
fn doctored(edits: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sisci")).unwrap();
    for entry in walkdir::WalkDir::new(ours()) {
        let path = entry.unwrap().into_path();
        if path.is_file() {
            let to = folder.path().join(path.strip_prefix(ours()).unwrap());
            fs::copy(path, to).unwrap();
        }
    }
    for (file, from, to) in edits {
        let file = folder.path().join(file);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{} has no {from}", file.display());
        fs::write(file, text.replacen(from, to, 1)).unwrap();
    }
    folder
}

fn differences(headers: &Path) -> Vec<Difference> {
    let (ours, theirs) = (Bindings::of(&ours(), &[]), Bindings::of(headers, &[]));
    compare::compare(&ours.unwrap().view(), &theirs.unwrap().view())
}

fn args(headers: &Path) -> Args {
    Args {
        check: false,
        headers: Some(headers.to_owned()),
        output: None,
        clang_arg: Vec::new(),
    }
}

#[test]
fn the_same_headers_elsewhere_agree() {
    let headers = doctored(&[]);
    assert_eq!(differences(headers.path()), []);
    let mut args = args(headers.path());
    let output = headers.path().join("out.rs");
    args.output = Some(output.clone());
    run(args).unwrap();
    let committed = ours().join("../src/bindings.rs");
    assert_eq!(fs::read(output).unwrap(), fs::read(committed).unwrap());
}

#[test]
fn every_kind_of_difference_is_found() {
    let headers = doctored(&[
        (
            "sisci_error.h",
            "SISCI_ERR_CODE(0x924)",
            "SISCI_ERR_CODE(0x930)",
        ),
        (
            "sisci_types.h",
            "SCI_SEQ_PENDING = 3",
            "SCI_SEQ_PENDING = 7",
        ),
        (
            "sisci_types.h",
            "    unsigned int local_offset;",
            "    size_t local_offset;",
        ),
        (
            "sisci_types.h",
            "typedef unsigned long long sci_ioaddr_t",
            "typedef unsigned int sci_ioaddr_t",
        ),
        (
            "sisci/library.h",
            "unsigned int *nodeId, unsigned int flags",
            "unsigned short *nodeId, unsigned int flags",
        ),
        // Plain names, as headers without the flavours would have.
        (
            "sisci/library.h",
            "#define SCIOpen SISCI_FUNCTION_SYMBOL(SCIOpen)",
            "",
        ),
        (
            "sisci/library.h",
            "#define SCIClose SISCI_FUNCTION_SYMBOL(SCIClose)",
            "void SCINews(int);",
        ),
        // A flag with a value, and one that isn't there.
        (
            "sisci/flags.h",
            "extern const unsigned int SCI_FLAG_EMPTY;",
            "#undef SCI_FLAG_EMPTY\n#define SCI_FLAG_EMPTY 2",
        ),
        (
            "sisci/flags.h",
            "extern const unsigned int SCI_FLAG_NOTIFY;",
            "",
        ),
    ]);
    let found = differences(headers.path());
    let names: Vec<_> = found
        .iter()
        .map(|one| (one.kind, one.name.as_str()))
        .collect();
    for expected in [
        ("value", "SCI_ERR_DMA_NOT_AVAILABLE"),
        ("value", "SCI_SEQ_PENDING"),
        ("value", "SCI_FLAG_EMPTY"),
        ("value", "SCI_FLAG_NOTIFY"),
        ("layout", "dis_dma_vec_t, size"),
        ("field", "dis_dma_vec_t, local_offset"),
        ("type", "sci_ioaddr_t"),
        ("function", "SCIGetLocalNodeId, parameter 2"),
        ("function", "SCINews"),
    ] {
        assert!(
            names.contains(&expected),
            "{expected:?} is not in {names:?}"
        );
    }
    assert!(
        !names.iter().any(|(_, name)| *name == "SCIOpen"),
        "{names:?}"
    );
    let size = found.iter().find(|one| one.name == "dis_dma_vec_t, size");
    assert_eq!(
        size.map(|one| (one.ours.as_str(), one.theirs.as_str())),
        Some(("16", "24"))
    );
    // Nothing else of what these edits touch.
    assert!(!names.contains(&("function", "SCIGetLocalNodeId, parameter 1")));
    let table = compare::table(&found);
    assert!(
        table.contains("0x40000924") && table.contains("0x40000930"),
        "{table}"
    );

    let error = run(args(headers.path())).unwrap_err();
    assert!(error.downcast_ref::<Negative>().is_some(), "{error:#}");
}

#[test]
fn other_macros_and_type_names_are_no_difference() {
    let headers = doctored(&[
        (
            "sisci_types.h",
            "/* Enumerations;",
            "typedef unsigned int site_u32;\n/* Enumerations;",
        ),
        (
            "sisci/library.h",
            "unsigned int *nodeId, unsigned int flags",
            "site_u32 *nodeId, site_u32 flags",
        ),
        (
            "sisci/library.h",
            "#define SCIOpen SISCI_FUNCTION_SYMBOL(SCIOpen)",
            "#define SITE(n) _SISCI_PUBLIC_FUNC_MT_##n\n#define SCIOpen SITE(SCIOpen)",
        ),
    ]);
    assert_eq!(differences(headers.path()), []);
}

#[test]
fn headers_in_a_folder_dis_are_found_and_broken_ones_named() {
    let whole = doctored(&[]);
    let outer = tempfile::tempdir().unwrap();
    fs::rename(whole.path(), outer.path().join("dis")).unwrap();
    assert_eq!(differences(outer.path()), []);

    let broken = doctored(&[(
        "sisci_types.h",
        "typedef struct sci_desc",
        "typedef strukt sci_desc",
    )]);
    let reason = format!("{:#}", run(args(broken.path())).unwrap_err());
    assert!(reason.contains("sisci_api.h"), "{reason}");
    let empty = tempfile::tempdir().unwrap();
    let reason = format!("{:#}", run(args(empty.path())).unwrap_err());
    assert!(reason.contains("no sisci_api.h"), "{reason}");
}
