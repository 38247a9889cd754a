/* Mangled names as compilers made them -> what a reader sees. The Rust ones are rustc's, of both schemes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profiler/collector/demangle.h"

#define TEST(name) static void name(void **state)

struct pair {
    const char *mangled, *readable; /* NULL: left as it is */
};

static void expect(const struct pair *pairs, size_t count)
{
    struct string_pool *pool = string_pool_create();
    for (size_t i = 0; i < count; i++) {
        const char *readable = demangle(pool, pairs[i].mangled);
        if (pairs[i].readable)
            assert_string_equal(readable, pairs[i].readable);
        else
            assert_null(readable);
    }
    string_pool_destroy(pool);
}

TEST(cxx_names)
{
    static const struct pair pairs[] = {
        {"_ZN3app4mainEi", "app::main(int)"},
        {"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back(int const&)"},
        {"_ZZN3app4workEvENKUliE_clEi", "app::work()::{lambda(int)#1}::operator()(int) const"},
    };
    (void)state;
    expect(pairs, sizeof pairs / sizeof pairs[0]);
}

TEST(rust_names_of_the_first_scheme_lose_their_hash)
{
    static const struct pair pairs[] = {
        {"_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"},
        {"_ZN62_$LT$alloc..vec..Vec$LT$u8$GT$$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE",
         "<alloc::vec::Vec<u8> as core::fmt::Debug>::fmt"},
        {"_ZN3app4main28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE", "app::main::{{closure}}"},
    };
    (void)state;
    expect(pairs, sizeof pairs / sizeof pairs[0]);
}

TEST(rust_names_of_the_second_scheme)
{
    static const struct pair pairs[] = {
        {"_RNvCsjMaewn57Afh_1t4main", "t::main"},
        {"_RNvMNtCsjMaewn57Afh_1t5innerINtB2_1SINtNtCslNYArtu3iFV_5alloc3vec3VechEE4workB4_", "<t::inner::S<alloc::vec::Vec<u8>>>::work"},
        {"_RNvXCsjMaewn57Afh_1tINtNtCslNYArtu3iFV_5alloc3vec3VechENtB2_1T2go", "<alloc::vec::Vec<u8> as t::T>::go"},
        {"_RNCINvNtCsjrHSEGnQ3l9_3std2rt10lang_startuE0CsjMaewn57Afh_1t", "std::rt::lang_start::<()>::{closure#0}"},
    };
    (void)state;
    expect(pairs, sizeof pairs / sizeof pairs[0]);
}

TEST(other_names_are_left_as_they_are)
{
    static const struct pair pairs[] = {{"main", NULL}, {"i", NULL}, {"_Z", NULL}, {"_R", NULL}, {"_ZN3app", NULL}, {"_Reader", NULL},
                                        {"_init", NULL}, {"", NULL}};
    (void)state;
    expect(pairs, sizeof pairs / sizeof pairs[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cxx_names),
        cmocka_unit_test(rust_names_of_the_first_scheme_lose_their_hash),
        cmocka_unit_test(rust_names_of_the_second_scheme),
        cmocka_unit_test(other_names_are_left_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
