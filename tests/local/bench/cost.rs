//! From counts to dollars: AWS's published prices, and the sums.
//!
//! Prices are those of us-east-1, on demand, without a free tier or a discount. They were read on 2026-11-24
//! where public pages of 2026 quote them, since the price pages themselves fill in their numbers by script;
//! each names the page to look it up on. Prices of other regions differ.

use super::figure::number;

/// Days of a month on average.
pub const DAYS: f64 = 30.4375;

/// Minutes of a month.
pub const MINUTES: f64 = DAYS * 24.0 * 60.0;

/// A price, and where it is published.
#[derive(Debug)]
pub struct Price {
    /// What is paid for.
    pub what: &'static str,
    /// Dollars for one of it.
    pub dollars: f64,
    /// One of what.
    pub of: &'static str,
    /// The page.
    pub source: &'static str,
}

/// What is used in a month, in the units of [`PRICES`] and in their order.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// Write request units.
    pub write_units: f64,
    /// Read request units.
    pub read_units: f64,
    /// GB of tables with their continuous backups, for the month.
    pub stored_gb: f64,
    /// GB-seconds of functions on arm64.
    pub function_gb_s: f64,
    /// Invocations of functions.
    pub invocations: f64,
    /// Requests to the queue.
    pub queue_requests: f64,
    /// Messages that the queue shares fairly.
    pub fair_messages: f64,
    /// Requests to the HTTP API.
    pub api_requests: f64,
    /// Events on the bus.
    pub events: f64,
    /// GB of logs.
    pub log_gb: f64,
    /// Alarms.
    pub alarms: f64,
    /// Metrics made from logs.
    pub metrics: f64,
    /// Keys.
    pub keys: f64,
    /// Requests to keys.
    pub key_requests: f64,
}

const DYNAMODB: &str = "https://aws.amazon.com/dynamodb/pricing/on-demand/";
const LAMBDA: &str = "https://aws.amazon.com/lambda/pricing/";
const SQS: &str = "https://aws.amazon.com/sqs/pricing/";
const CLOUDWATCH: &str = "https://aws.amazon.com/cloudwatch/pricing/";
const KMS: &str = "https://aws.amazon.com/kms/pricing/";

/// The prices, in the order of [`Usage::amounts`].
pub const PRICES: [Price; 14] = [
    Price { what: "DynamoDB writes", dollars: 0.625e-6, of: "write request unit", source: DYNAMODB },
    Price { what: "DynamoDB reads", dollars: 0.125e-6, of: "read request unit", source: DYNAMODB },
    // 0.25 for the table and 0.20 for point-in-time recovery.
    Price { what: "DynamoDB storage and backup", dollars: 0.45, of: "GB-month", source: DYNAMODB },
    Price { what: "Lambda compute (arm64)", dollars: 0.000_013_333_4, of: "GB-second", source: LAMBDA },
    Price { what: "Lambda invocations", dollars: 0.2e-6, of: "invocation", source: LAMBDA },
    Price { what: "SQS requests", dollars: 0.4e-6, of: "request", source: SQS },
    Price { what: "SQS fair queueing", dollars: 0.1e-6, of: "message", source: SQS },
    Price {
        what: "API Gateway (HTTP API)",
        dollars: 1e-6,
        of: "request",
        source: "https://aws.amazon.com/api-gateway/pricing/",
    },
    Price { what: "EventBridge", dollars: 1e-6, of: "event", source: "https://aws.amazon.com/eventbridge/pricing/" },
    Price { what: "CloudWatch logs", dollars: 0.53, of: "GB that is kept a month", source: CLOUDWATCH },
    Price { what: "CloudWatch alarms", dollars: 0.1, of: "alarm and month", source: CLOUDWATCH },
    Price { what: "CloudWatch metrics", dollars: 0.3, of: "metric and month", source: CLOUDWATCH },
    Price { what: "KMS key", dollars: 1.0, of: "key and month", source: KMS },
    Price { what: "KMS requests", dollars: 3e-6, of: "request", source: KMS },
];

impl Usage {
    /// The amounts, in the order of [`PRICES`].
    #[must_use]
    pub const fn amounts(&self) -> [f64; 14] {
        [
            self.write_units,
            self.read_units,
            self.stored_gb,
            self.function_gb_s,
            self.invocations,
            self.queue_requests,
            self.fair_messages,
            self.api_requests,
            self.events,
            self.log_gb,
            self.alarms,
            self.metrics,
            self.keys,
            self.key_requests,
        ]
    }

    /// What is there for nobody, and so many times what is there for one company.
    #[must_use]
    pub const fn with(&self, companies: f64, of_one: &Self) -> Self {
        Self {
            write_units: self.write_units + companies * of_one.write_units,
            read_units: self.read_units + companies * of_one.read_units,
            stored_gb: self.stored_gb + companies * of_one.stored_gb,
            function_gb_s: self.function_gb_s + companies * of_one.function_gb_s,
            invocations: self.invocations + companies * of_one.invocations,
            queue_requests: self.queue_requests + companies * of_one.queue_requests,
            fair_messages: self.fair_messages + companies * of_one.fair_messages,
            api_requests: self.api_requests + companies * of_one.api_requests,
            events: self.events + companies * of_one.events,
            log_gb: self.log_gb + companies * of_one.log_gb,
            alarms: self.alarms + companies * of_one.alarms,
            metrics: self.metrics + companies * of_one.metrics,
            keys: self.keys + companies * of_one.keys,
            key_requests: self.key_requests + companies * of_one.key_requests,
        }
    }

    /// Dollars, all together.
    #[must_use]
    pub fn dollars(&self) -> f64 {
        self.amounts().iter().zip(&PRICES).map(|(amount, price)| amount * price.dollars).sum()
    }
}

/// The prices as a list in Markdown.
#[must_use]
pub fn prices() -> String {
    /// Below this a price is told for a million.
    const SMALL: f64 = 0.01;
    let line = |Price { what, dollars, of, source }: &Price| {
        let (dollars, of) =
            if *dollars < SMALL { (dollars * 1e6, format!("million {of}s")) } else { (*dollars, (*of).to_owned()) };
        format!("- {what}: ${} per {of} ([AWS]({source}))", number(dollars))
    };
    PRICES.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Bills of one month side by side, a line for each price, in Markdown.
#[must_use]
pub fn bills(of: &[(&str, Usage)]) -> String {
    let heads: Vec<_> = of.iter().map(|(named, _)| *named).collect();
    let mut text = format!("| | {} |\n| --- |{}\n", heads.join(" | "), " ---: |".repeat(of.len()));
    for (at, price) in PRICES.iter().enumerate() {
        let dollars = of.iter().map(|(_, usage)| format!("{:.2}", usage.amounts()[at] * price.dollars));
        text += &format!("| {} | {} |\n", price.what, dollars.collect::<Vec<_>>().join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_is_the_sum_of_amounts_at_their_prices() {
        let nobody = Usage { keys: 1.0, alarms: 7.0, ..Usage::default() };
        let one = Usage { write_units: 1e6, read_units: 2e6, invocations: 5e6, ..Usage::default() };
        assert!((nobody.dollars() - 1.7).abs() < 1e-9);
        assert!((one.dollars() - (0.625 + 0.25 + 1.0)).abs() < 1e-9);
        let hundred = nobody.with(100.0, &one);
        assert!((hundred.dollars() - (1.7 + 187.5)).abs() < 1e-6);
        let bills = bills(&[("none", nobody), ("a hundred", hundred)]);
        assert!(
            bills.starts_with("| | none | a hundred |\n| --- | ---: | ---: |\n| DynamoDB writes | 0.00 | 62.50 |\n")
        );
        assert!(bills.contains("| CloudWatch alarms | 0.70 | 0.70 |\n"), "{bills}");
    }

    #[test]
    fn every_amount_has_its_price() {
        for at in 0..PRICES.len() {
            let mut amounts = [0.0; 14];
            amounts[at] = 1.0;
            let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = amounts;
            let usage = Usage {
                write_units: a,
                read_units: b,
                stored_gb: c,
                function_gb_s: d,
                invocations: e,
                queue_requests: f,
                fair_messages: g,
                api_requests: h,
                events: i,
                log_gb: j,
                alarms: k,
                metrics: l,
                keys: m,
                key_requests: n,
            };
            assert!((usage.dollars() - PRICES[at].dollars).abs() < 1e-12, "{}", PRICES[at].what);
        }
    }
}
