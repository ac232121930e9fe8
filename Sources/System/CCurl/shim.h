#include <curl/curl.h>

// Functions that take what they are told to take, which Swift does not import, by the types that are used of them.
static inline CURLcode myvlm_curl_set_number(CURL *curl, CURLoption option, long value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode myvlm_curl_set_text(CURL *curl, CURLoption option, const char *value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode myvlm_curl_set_list(CURL *curl, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode myvlm_curl_set_pointer(CURL *curl, CURLoption option, void *value) {
    return curl_easy_setopt(curl, option, value);
}

// Those that take headers and bodies have one form.
static inline CURLcode myvlm_curl_set_receiver(
    CURL *curl, CURLoption option, size_t (*call)(char *bytes, size_t size, size_t count, void *context)) {
    return curl_easy_setopt(curl, option, call);
}

static inline CURLcode myvlm_curl_set_progress(
    CURL *curl, int (*call)(void *context, curl_off_t total, curl_off_t now, curl_off_t sending, curl_off_t sent)) {
    return curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, call);
}

static inline CURLcode myvlm_curl_status(CURL *curl, long *status) {
    return curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
}
