//! The comments of the proto files.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, FileDescriptor};

/// Comments by file and by the path of what they stand before.
pub(crate) struct Comments {
    files: HashMap<String, HashMap<Vec<i32>, String>>,
}

impl Comments {
    /// Reads the comments of every file.
    pub(crate) fn of(pool: &DescriptorPool) -> Self {
        let files = pool.files().map(|file| {
            let info = file.file_descriptor_proto().source_code_info.as_ref();
            let locations = info.map(|info| info.location.as_slice()).unwrap_or_default();
            let comments = locations
                .iter()
                .filter(|location| !location.leading_comments().trim().is_empty())
                .map(|location| (location.path.clone(), plain(location.leading_comments())))
                .collect();
            (file.name().to_owned(), comments)
        });
        Self { files: files.collect() }
    }

    /// The comment before what has this path; empty where there is none.
    pub(crate) fn of_path(&self, file: &FileDescriptor, path: &[i32]) -> &str {
        self.files.get(file.name()).and_then(|comments| comments.get(path)).map_or("", String::as_str)
    }
}

/// A comment without the space that follows the slashes, its lines joined to paragraphs.
fn plain(comment: &str) -> String {
    let lines = comment.lines().map(str::trim);
    let mut out = String::new();
    for line in lines {
        if line.is_empty() {
            out.push_str("\n\n");
        } else {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push(' ');
            }
            out.push_str(line);
        }
    }
    out.trim().to_owned()
}
