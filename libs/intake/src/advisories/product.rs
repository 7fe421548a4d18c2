//! The product tree, flattened: what a branch says holds for everything below it.

use std::collections::HashMap;

use serde_json::Value;
use wire::risk::v1::advisory::Product;

use crate::vulnerabilities::fields::{cut, items, text, texts};

/// How many products are kept, and how deep branches are followed.
const MOST: usize = 5000;
const DEEPEST: usize = 60;

/// What branches above say.
#[derive(Clone, Default)]
struct Above {
    vendor: String,
    product: String,
    version: String,
    range: bool,
}

/// Every product of a tree, by branches, by name alone, and by relationships.
pub(super) fn flattened(tree: &Value) -> Vec<Product> {
    let mut products = Vec::new();
    for branch in items(tree, "branches") {
        walk(branch, Above::default(), 0, &mut products);
    }
    for named in items(tree, "full_product_names") {
        add(named, Above::default(), &mut products);
    }
    for relationship in items(tree, "relationships") {
        // What is installed on or with something else is that product, by another id.
        let of = text(relationship, "product_reference", 500);
        let known = products.iter().find(|product| product.product_id == of).cloned();
        if let Some(named) = relationship.get("full_product_name") {
            let above = known.map_or_else(Above::default, |known| Above {
                vendor: known.vendor,
                product: known.product,
                version: known.version,
                range: known.version_range,
            });
            add(named, above, &mut products);
        }
    }
    products
}

fn walk(branch: &Value, mut above: Above, depth: usize, products: &mut Vec<Product>) {
    if depth > DEEPEST || products.len() >= MOST {
        return;
    }
    let name = text(branch, "name", 2048);
    match text(branch, "category", 60).as_str() {
        "vendor" => above.vendor = cut(&name, 512),
        "product_name" => above.product = name,
        "product_family" if above.product.is_empty() => above.product = name,
        "product_version" => (above.version, above.range) = (cut(&name, 1024), false),
        "product_version_range" => (above.version, above.range) = (cut(&name, 1024), true),
        "service_pack" | "patch_level" if above.version.is_empty() => above.version = cut(&name, 1024),
        _ => {}
    }
    if let Some(product) = branch.get("product") {
        add(product, above.clone(), products);
    }
    for below in items(branch, "branches") {
        walk(below, above.clone(), depth + 1, products);
    }
}

fn add(product: &Value, above: Above, products: &mut Vec<Product>) {
    let id = text(product, "product_id", 500);
    if id.is_empty() || products.len() >= MOST {
        return;
    }
    let helper = product.get("product_identification_helper").unwrap_or(&Value::Null);
    let purl = texts(helper, "purls", 1, 2048).into_iter().next().unwrap_or_else(|| text(helper, "purl", 2048));
    products.push(Product {
        product_id: id,
        title: text(product, "name", 2000),
        vendor: above.vendor,
        product: above.product,
        version: above.version,
        version_range: above.range,
        cpe: text(helper, "cpe", 2048),
        purl,
    });
}

/// The products of each group.
pub(super) fn groups(tree: &Value) -> HashMap<String, Vec<String>> {
    let all = items(tree, "product_groups").iter();
    all.map(|group| (text(group, "group_id", 500), texts(group, "product_ids", MOST, 500))).collect()
}
