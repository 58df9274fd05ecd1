//! Reading what VAKA answers.

use std::hint::black_box;

use sync::source::{Group, GroupId, VakaUser};

use crate::Part;
use crate::people::{self, THOUSAND};

pub fn parts() -> Vec<Part> {
    vec![
        Part {
            name: "source.users",
            times: 1,
            of: "a page of 1,000 users, read",
            prepare: || {
                let page = people::page_of_users(THOUSAND);
                Box::new(move || drop(black_box(people::read::<VakaUser>(black_box(&page)))))
            },
        },
        Part {
            name: "source.groups",
            times: 1,
            of: "a page of 334 groups, read",
            prepare: || {
                let page = people::page_of_groups(THOUSAND);
                Box::new(move || drop(black_box(people::read::<(GroupId, Group)>(black_box(&page)))))
            },
        },
    ]
}
