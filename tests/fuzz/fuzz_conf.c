/* Settings of anybody: they load or have a fault, and what loads can be
 * dumped. */
#include "fuzz/fuzz.h"

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct faults faults = { NULL, 0, 0 };
	struct strbuf dump = STRBUF_INIT;
	struct conf *c = NULL;
	int rc = conf_load_text("fuzz.yaml", (const char *)data, size, &c,
				&faults);

	must((rc == 0) == (c != NULL) && (rc == 0) != faults_fatal(&faults));
	if (c)
		conf_dump(c, &dump);
	strbuf_release(&dump);
	conf_free(c);
	faults_release(&faults);
	return 0;
}
