//! Frames: the messages of a checkout, which are many, and a page of status, which is long.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use licgate_core::id::{FeatureName, LeaseNumber};
use licgate_core::report::page;
use licgate_core::wire::{Checkout, ClientMsg, Decoder, Granted, ServerMsg, encode, limit};
use minicbor::{Decode, Encode};

use crate::ledger::Desk;
use crate::{book, people, report};

pub(crate) fn bench(criterion: &mut Criterion) {
    let checkout = Checkout {
        checkout: people::id(1),
        feature: FeatureName::from("solver"),
        version: people::version(),
        seats: 1,
        wait: true,
        data: String::new(),
    };
    frame(criterion, "checkout", &ClientMsg::Checkout(checkout));

    let book = book::of("INCREMENT solver acme 2025.06 permanent 10 NOTICE=\"Example Ltd\"");
    let granted = Granted {
        checkout: people::id(1),
        lease: LeaseNumber(1_000_000),
        epoch: 1,
        version: people::version(),
        seats: 1,
        silence_ms: 120_000,
        proof: book.pools()[0].proof.clone(),
    };
    frame(criterion, "grant", &ServerMsg::Granted(granted));

    let desk = Desk::with(1000, 0);
    frame(criterion, "status page", &ServerMsg::Status(page(&desk.ledger, desk.now, &report::all())));
}

fn frame<T: Encode<()> + for<'b> Decode<'b, ()>>(criterion: &mut Criterion, name: &str, message: &T) {
    let mut frame = Vec::new();
    encode(message, &mut frame).expect("it fits into a frame");
    let mut group = criterion.benchmark_group("wire");
    group.throughput(Throughput::Bytes(frame.len() as u64));
    let mut out = Vec::new();
    group.bench_function(format!("encode a {name}"), |bencher| {
        bencher.iter(|| {
            out.clear();
            encode(black_box(message), &mut out)
        });
    });
    let mut decoder = Decoder::new(limit::FRAME);
    group.bench_function(format!("decode a {name}"), |bencher| {
        bencher.iter_with_large_drop(|| {
            decoder.feed(black_box(&frame));
            decoder.next::<T>().expect("a message").expect("all of it")
        });
    });
}
