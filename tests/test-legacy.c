/* test-legacy.c - the last good configuration outlives a process that dies while it is saved */
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mtchatd/legacy.h"

#include "chance.h"
#include "tap.h"

enum { KILLS = 100, LONGEST_LIFE_US = 3000 };

/* The n-th one: first and last field tell that all between is of one save. */
static struct config numbered(unsigned int n)
{
	struct config config;

	config_default(&config);
	config.port = 1 + (int)(n % 50000);
	config.max_per_address = config.port;
	snprintf(config.socket, sizeof(config.socket), "/run/%d", config.port);
	for (int i = 0; i < CONFIG_LISTEN_MAX; i++)
		snprintf(config.listen[i], sizeof(config.listen[i]), "10.%d.%u.%u", i,
			 n % 50000 / 256, n % 50000 % 256);
	return config;
}

static bool is_numbered(const struct config *config)
{
	struct config same = numbered((unsigned int)config->port - 1);

	return memcmp(&same, config, sizeof(same)) == 0;
}

static void test_empty(void)
{
	static struct legacy legacy;
	struct config got, before;

	memset(&got, 'x', sizeof(got));
	before = got;
	ok(!legacy_load_config(&legacy, &got), "nothing was ever saved");
	ok(memcmp(&got, &before, sizeof(got)) == 0, "nothing is touched");
}

static void test_turns(void)
{
	static struct legacy legacy;
	uint64_t last = 0;

	for (unsigned int n = 0; n < 4; n++) {
		struct config config = numbered(n), got;

		legacy_save_config(&legacy, &config);
		ok(word_get(&legacy.config) != last, "save %u is in the other half", n);
		last = word_get(&legacy.config);
		ok(legacy_load_config(&legacy, &got) && memcmp(&got, &config, sizeof(got)) == 0,
		   "it is what is loaded");
	}
}

/* Whatever lies in the half that is not good. */
static void test_other_half(void)
{
	static struct legacy legacy;
	struct config config = numbered(7), got;

	for (int turn = 0; turn < 2; turn++) {
		legacy_save_config(&legacy, &config);
		memset(&legacy.configs[word_get(&legacy.config) == 1], 0xa5, sizeof(config));
		ok(legacy_load_config(&legacy, &got) && memcmp(&got, &config, sizeof(got)) == 0,
		   "rubbish in the half that is not used");
	}
}

static void test_broken(void)
{
	static const uint64_t words[] = {3, 4, UINT32_MAX, UINT64_MAX, UINT64_C(1) << 32 | 1};
	static struct {
		struct legacy legacy;
		struct config beyond; /* a good one, where no word may lead */
	} memory;
	struct legacy *legacy = &memory.legacy;
	struct config config = numbered(3), got, before;

	memory.beyond = config;
	memset(&got, 'x', sizeof(got));
	before = got;
	legacy_save_config(legacy, &config);
	legacy_save_config(legacy, &config);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		word_set(&legacy->config, words[i]);
		ok(!legacy_load_config(legacy, &got), "a word that names neither half");
	}
	legacy_save_config(legacy, &config);
	ok(legacy_load_config(legacy, &got), "saved over such a word");
	got = before;
	legacy->configs[word_get(&legacy->config) - 1].port = 0;
	ok(!legacy_load_config(legacy, &got), "one that is not sound");
	ok(memcmp(&got, &before, sizeof(got)) == 0, "nothing is touched");
}

/* What the process that is killed shares with the test. */
struct shared {
	struct legacy legacy;
	atomic_bool begun; /* it has saved once, however slow the machine is at making processes */
};

static _Noreturn void save_for_ever(struct shared *shared, unsigned int n)
{
	struct legacy *legacy = &shared->legacy;

	for (;; n++) {
		struct config config = numbered(n);

		for (int i = 0; i < 8; i++)
			legacy_save_config(legacy, &config);
		atomic_store(&shared->begun, true);
	}
}

/* Any instruction may be the last one. */
static void test_kills(void)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct legacy *legacy = &shared->legacy;
	uint64_t state = CHANCE_SEED;
	struct config config = numbered(0), got;
	int wrong = 0, changed = 0, last = config.port;

	if (shared == MAP_FAILED)
		abort();
	legacy_save_config(legacy, &config);
	for (int i = 0; i < KILLS; i++) {
		pid_t pid;
		int status;

		atomic_store(&shared->begun, false);
		pid = fork();
		if (pid < 0)
			abort();
		if (pid == 0)
			save_for_ever(shared, chance(&state, 50000));
		while (!atomic_load(&shared->begun))
			usleep(100);
		usleep(chance(&state, LONGEST_LIFE_US));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		wrong += !legacy_load_config(legacy, &got) || !is_numbered(&got);
		changed += got.port != last;
		last = got.port;
	}
	is(wrong, 0, "after %d kills one whole configuration is there", KILLS);
	ok(changed > 0, "a new one %d times", changed);
	munmap(shared, sizeof(*shared));
}

int main(void)
{
	unsetenv("RUNTIME_DIRECTORY");
	test_empty();
	test_turns();
	test_other_half();
	test_broken();
	test_kills();
	return done();
}
