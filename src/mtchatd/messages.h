/*
 * messages.h - the kinds of messages in the journal, each with its MESSAGE_ID
 *
 * An id never changes and is never used again: scripts look for it (journalctl MESSAGE_ID=...),
 * and the message catalog explains it.  Ids are random, of 128 bits.
 */
#pragma once

/* We listen and are ready. */
#define MESSAGE_STARTED "d7133b84ea0a373b107444c1325f7ccd"

/* A stop was asked for; what is owed to clients is being flushed. */
#define MESSAGE_STOPPING "240bb8574dff4256165aee9cfd266495"

/* The last message of a run: all connections are closed. */
#define MESSAGE_STOPPED "55d5a5f1b0fade3b1f635fc41ca3a9ad"

/* The process ends for the next one to go on: all connections are kept. */
#define MESSAGE_HANDING_ON "94254068a2aa33afcf32f449ef8a1344"

/* A start has taken over connections: how many, and how long it took. */
#define MESSAGE_RECOVERED "ae7f97ce173b1e4ee17679435a589301"

/* What the last process left cannot be used: a new log is begun, all connections are kept. */
#define MESSAGE_SET_ASIDE "400dd478ccd59261e34712a86fb161a7"

/* What was known of one client cannot be used: it is told that lines may be missing. */
#define MESSAGE_CLIENT_RENEWED "ef3a946a4630eed4e8eedc8e8ed9663d"

/* A client's connection was not among those that were kept: CLIENT_ID, CLIENT_ADDRESS. */
#define MESSAGE_CLIENT_GONE "abfff6a9509f538ca7fe90735306ec1e"

/* What a client sent has ended the process again and again; it was let go: CLIENT_ID. */
#define MESSAGE_POISON "0aa98e28b0ae08435e2ab63d14c91490"

/* A start found errors in the configuration, and uses the last good one. */
#define MESSAGE_CONFIG_KEPT "208714b2207aab5c7856cf601739ac6a"

/* A connection or listener could not be stored: a crash or a restart would end it. */
#define MESSAGE_NOT_KEPT "00358d191c2d4b73e562c73056cf0ffe"

/* The keeper, which parks connections that are just coming when we crash, has ended. */
#define MESSAGE_KEEPER_ENDED "0d4fb4ba6d8bc4781584a4f4ad72f7f7"

/* A changed configuration was read, and what may change while we run has. */
#define MESSAGE_RELOADED "f6858d62ae41d9e0865b2f8de8d92e9a"

/* A reload found errors in the configuration; nothing has changed. */
#define MESSAGE_RELOAD_REFUSED "60ebcbf716e5abad7376479e127d626a"

/* A reload found a setting that only the next start can apply. */
#define MESSAGE_SETTING_WAITS "7f5852b9c38bdce0e52f18d2367ca37d"

/* Something is wrong with the configuration: which file and line, what is allowed. */
#define MESSAGE_CONFIG_ERROR "c8bb01fcf7986b15bb238bf6ee5eba30"

/* An address, port or socket path could not be listened on. */
#define MESSAGE_CANNOT_LISTEN "438b03690611faa61af6c4c0c39be8ca"

/* An address that is listened on is not one of this machine's now. */
#define MESSAGE_ADDRESS_ABSENT "06b9bc478a50a005ba70de6885ce198d"

/* A reload found that the Unix socket's file is gone, and made it again. */
#define MESSAGE_SOCKET_REMADE "a2a374ac0b242a50a722fb3bdb75c87e"

/* A .socket unit has passed something that clients cannot come in by. */
#define MESSAGE_SOCKET_USELESS "23b1062e2b2630350836fcc4056b67f1"

/* A stop was announced (SIGUSR1): a SIGTERM that comes soon is no restart. */
#define MESSAGE_STOP_ARMED "b246d5f7f9507a203ea00b47b82c8955"

/* Memory, threads or descriptors for a start could not be had. */
#define MESSAGE_CANNOT_START "75621196276b1759209130feafeb654e"

/* The service manager or the thread for the journal could not be had: we serve without. */
#define MESSAGE_UNATTENDED "ce34f7b43506a7940f02a005ebdb48f2"

/* max_clients was lowered: the limit of open descriptors is too small for it. */
#define MESSAGE_CLIENTS_CLAMPED "c901ca2d4071a9bf8edd4378a2a42ffe"

/* max_rooms was lowered from its default: the limit of memory is too small for it. */
#define MESSAGE_ROOMS_CLAMPED "35405135c7484fa88aee953c85520d32"

/* No descriptor is left: connections wait in the backlog until one is free. */
#define MESSAGE_DESCRIPTORS_OUT "87f3cbaa385bfc37910dc35199e4bb6e"

/* A descriptor came free: connections are accepted again. */
#define MESSAGE_DESCRIPTORS_BACK "2609ae95655236af22fa9cdbe1a77fcd"

/* A client was let in: CLIENT_ID, CLIENT_ADDRESS. */
#define MESSAGE_CLIENT_CONNECTED "b177a8fcbc04a264937da4e6e872c090"

/* A client is gone: CLIENT_ID, CLIENT_ADDRESS, ROOM, REASON, DURATION_MS and bytes. */
#define MESSAGE_CLIENT_DISCONNECTED "0e35e0cb0a804a6c371d61b4da7ac372"

/* A connection was turned away, there are max_clients already: CLIENT_ADDRESS. */
#define MESSAGE_REFUSED_FULL "9231c2b1fd65024be35454637e394b66"

/* A connection was turned away, its address has max_per_address: CLIENT_ADDRESS. */
#define MESSAGE_REFUSED_ADDRESS "f7b2a1c294b5d2467f3433d2f0f639e0"

/* A connection of a proxy was ended, for it began with no PROXY header: CLIENT_ADDRESS. */
#define MESSAGE_PROXY_REFUSED "5a7d0c9be2f14f0c8d1e63b7a4c0f926"

/* A client read too slowly and lost lines; it was told which: CLIENT_ID, ROOM. */
#define MESSAGE_LINES_SKIPPED "b5298587cf5184a522adb6cbb95ee5a9"

/* The log is full of unread lines: those who talk wait for those who read: ROOM. */
#define MESSAGE_ROOM_WAITS "d0a80ba204422dcbfe7a2433db31047b"

/* A peer no longer answers; its connection was ended: CLIENT_ID, CLIENT_ADDRESS. */
#define MESSAGE_LINK_DEAD "49b6b4e76abdfc11a8c8f81547dc07e1"

/* The queue to the journal was full and messages were lost; says how many. */
#define MESSAGE_RECORDS_DROPPED "3666f7e35c1d0e2c9a92500696401eb8"

/* More messages of one kind than the journal is to get; says how many. */
#define MESSAGE_RECORDS_SUMMED "38c8d0bd7d3b6c775dd178961026f759"
