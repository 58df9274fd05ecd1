//! What a caller may do, and for which company.
//!
//! | right | roles |
//! | --- | --- |
//! | write: start, cancel; connect, change, remove and test the connection | `bookingsupplier-administrator-write`, `superadmin` |
//! | read | those two and `bookingsupplier-administrator-read` |
//!
//! The company rule: a superadmin may name any company; for everybody else a company that is
//! named is ignored, and their own is used. Nobody who names none and has none gets any.

use shared::ids::CompanyId;

use super::Caller;

/// The roles that mean something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// `bookingsupplier-administrator-write`
    AdministratorWrite,
    /// `bookingsupplier-administrator-read`
    AdministratorRead,
    /// `superadmin`
    Superadmin,
}

/// What an operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// To start or cancel a sync, or to do something about the connection.
    Write,
    /// To see syncs and the connection.
    Read,
}

/// Why a caller may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MayNot {
    /// No role fits.
    #[error("the caller has no fitting role")]
    NoRole,
    /// There is no company to do it for, and the caller may not name one.
    #[error("the caller has no company")]
    NoCompany,
    /// There is no company to do it for until the caller names one.
    #[error("the caller has no company and names none")]
    NoCompanyNamed,
}

impl Caller {
    /// The company for which the caller may do this.
    ///
    /// # Errors
    /// Every [`MayNot`].
    pub fn may(&self, right: Right, named: Option<CompanyId>) -> Result<CompanyId, MayNot> {
        if !self.roles.iter().any(|role| role.gives(right)) {
            return Err(MayNot::NoRole);
        }
        let (named, nobodys) = if self.roles.contains(&Role::Superadmin) {
            (named, MayNot::NoCompanyNamed)
        } else {
            (None, MayNot::NoCompany)
        };
        named.or(self.company).ok_or(nobodys)
    }
}

impl Role {
    /// All of them, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::AdministratorWrite, Self::Superadmin, Self::AdministratorRead];

    /// The name, as tokens write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdministratorWrite => "bookingsupplier-administrator-write",
            Self::AdministratorRead => "bookingsupplier-administrator-read",
            Self::Superadmin => "superadmin",
        }
    }

    /// Whether it is enough for this.
    #[must_use]
    pub const fn gives(self, right: Right) -> bool {
        match (self, right) {
            (Self::AdministratorWrite | Self::Superadmin, Right::Write | Right::Read)
            | (Self::AdministratorRead, Right::Read) => true,
            (Self::AdministratorRead, Right::Write) => false,
        }
    }
}

/// The roles among these names; every other name means nothing here.
pub fn roles<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Role> {
    let mut roles = Vec::new();
    for name in names {
        let role = Role::ALL.into_iter().find(|role| role.name() == name);
        if let Some(role) = role.filter(|role| !roles.contains(role)) {
            roles.push(role);
        }
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn company(digit: char) -> Option<CompanyId> {
        CompanyId::parse(&digit.to_string().repeat(32)).ok()
    }

    #[test]
    fn every_role_right_and_company_as_the_contract_has_it() {
        use MayNot::{NoCompany, NoCompanyNamed, NoRole};
        let (own, other) = (company('1'), company('2'));
        for (names, own, named, start, read) in [
            ("bookingsupplier-administrator-write", own, None, Ok(own), Ok(own)),
            ("bookingsupplier-administrator-write", own, other, Ok(own), Ok(own)),
            ("bookingsupplier-administrator-write", None, None, Err(NoCompany), Err(NoCompany)),
            ("bookingsupplier-administrator-write", None, other, Err(NoCompany), Err(NoCompany)),
            ("bookingsupplier-administrator-read", own, None, Err(NoRole), Ok(own)),
            ("bookingsupplier-administrator-read", own, other, Err(NoRole), Ok(own)),
            ("superadmin", own, None, Ok(own), Ok(own)),
            ("superadmin", own, other, Ok(other), Ok(other)),
            ("superadmin", None, other, Ok(other), Ok(other)),
            ("superadmin", None, None, Err(NoCompanyNamed), Err(NoCompanyNamed)),
            ("bookingsupplier-administrator-read superadmin", own, other, Ok(other), Ok(other)),
            ("Superadmin administrator", own, other, Err(NoRole), Err(NoRole)),
            ("", None, None, Err(NoRole), Err(NoRole)),
        ] {
            let caller = Caller { roles: roles(names.split(' ')), company: own };
            assert_eq!(caller.may(Right::Write, named).map(Some), start, "{names} {own:?} {named:?}");
            assert_eq!(caller.may(Right::Read, named).map(Some), read, "{names} {own:?} {named:?}");
        }
    }
}
