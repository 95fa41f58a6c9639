//! Each promise of the ports, kept by every adapter. Another adapter joins with one line at the end of this file.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where a promise is broken"
)]

mod azure;
#[path = "../../../../tests/support/azurite.rs"]
mod azurite;
mod containers;
mod listing;
mod reading;
mod signed;
mod signing;
mod stores;
mod vault;
mod writing;

/// One test for each promise and store. Stores that the program serves itself show two more. Several promises together are
/// one test, where a store is dear to start.
macro_rules! conformance {
    ($($store:ident),* $(,)?) => {
        $(mod $store { conformance!(@promises each $store); })*
    };
    (served: $($store:ident),* $(,)?) => {
        $(mod $store {
            conformance!(@promises each $store);
            conformance!(@each $store, writing, [last_modified_is_the_time_of_the_last_write]);
            conformance!(@each $store, signed, [a_signed_url_allows_what_it_was_made_for]);
        })*
    };
    (@promises $how:ident $store:ident) => {
        conformance!(@$how $store, containers, [
            a_container_is_made_once,
            a_deleted_container_is_gone_with_all_it_held,
            a_container_made_again_is_empty,
            containers_do_not_see_each_other,
            a_missing_container_is_not_found,
            names_that_storage_refuses_are_errors,
        ]);
        conformance!(@$how $store, writing, [
            a_blob_is_read_as_it_was_written,
            an_empty_blob_is_a_blob,
            every_write_gives_a_new_version,
            if_absent_writes_once,
            if_match_writes_only_over_that_version,
            of_two_who_create_at_once_one_wins,
            of_many_who_change_one_version_one_wins,
            a_blob_is_deleted_once,
            delete_if_match_spares_another_version,
            what_is_discarded_is_gone_and_nothing_there_is_no_error,
            a_version_does_not_come_back_after_delete,
            a_large_body_is_stored_whole_and_can_shrink_again,
            a_body_that_breaks_off_leaves_nothing,
            a_body_that_breaks_off_leaves_the_old_content,
            a_refused_write_changes_nothing,
        ]);
        conformance!(@$how $store, reading, [
            ranges_are_cut_to_the_content,
            a_range_outside_the_content_is_refused,
            an_empty_blob_satisfies_no_range,
            a_reader_keeps_its_version_while_the_blob_is_replaced,
            a_reader_keeps_its_version_while_the_blob_is_deleted,
            readers_see_old_or_new_never_a_part,
            more_than_the_caller_is_ready_to_hold_is_refused,
            properties_tell_what_a_reading_tells,
        ]);
        conformance!(@$how $store, listing, [
            names_come_in_byte_order,
            a_prefix_is_taken_literally,
            a_prefix_ends_where_its_bytes_end,
            pages_join_without_gap_or_repetition,
            an_exact_last_page_says_that_it_is_the_last,
            a_listing_shows_what_existed_throughout,
            entries_tell_what_properties_tell,
            nothing_is_an_empty_page,
        ]);
        conformance!(@$how $store, signed, [
            a_signed_url_names_method_and_expiry,
        ]);
    };
    (@together $kept:ident, $module:ident, [$($promise:ident),* $(,)?]) => {
        $($kept.check(stringify!($promise), $module::$promise).await;)*
    };
    (@each $store:ident, $module:ident, [$($promise:ident),* $(,)?]) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                let subject = super::stores::$store().await;
                super::$module::$promise(subject).await;
            }
        )*
    };
}

conformance!(served: memory, faulty_over_memory, counting_over_memory, embedded);

/// Every promise in one test: nextest gives each test a process, and Azurite takes a second to start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn azure_keeps_every_promise() {
    let mut kept = stores::Kept::default();
    conformance!(@promises together kept);
    conformance!(@together kept, azure, [
        a_signed_url_lets_one_blob_be_written_in_one_piece,
        a_signed_url_lets_one_blob_be_written_in_blocks,
        blocks_that_were_never_committed_are_discarded,
        whatever_a_signed_url_lets_be_made_is_discarded,
        a_signed_url_lets_one_blob_be_read_as_an_attachment,
        a_signed_url_ends,
        a_message_arrives_as_the_host_reads_it,
        a_message_to_a_queue_that_is_not_there_is_an_error,
        large_bodies_are_sent_in_blocks_and_read_in_ranges,
    ]);
    kept.report();
}

/// One test for each promise and signer.
macro_rules! signers {
    ($($signer:ident: [$($promise:ident),* $(,)?]),* $(,)?) => {
        $(mod $signer {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    let subject = super::signing::$signer().await;
                    super::signing::$promise(subject).await;
                }
            )*
        })*
    };
    (all: $($signer:ident),* $(,)?) => {
        signers!($($signer: [
            what_is_signed_is_verified_by_another_library,
            the_key_stays_the_same_and_comes_before_retired_ones_each_once,
            many_may_sign_at_once,
        ]),*);
    };
}

signers!(all: local, faulty, key_vault);
