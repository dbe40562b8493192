/*
 * A daemon that goes where a receiver sends it.
 *
 * Breaks: I7 by curl_multi_add_handle.
 */
#include <curl/curl.h>

CURLMcode __real_curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode __wrap_curl_multi_add_handle(CURLM *multi, CURL *easy);

CURLMcode __wrap_curl_multi_add_handle(CURLM *multi, CURL *easy)
{
	(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	return __real_curl_multi_add_handle(multi, easy);
}
