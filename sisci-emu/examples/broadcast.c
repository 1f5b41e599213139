/*
 * A reflected memory: what one member of a multicast group stores reaches all of them at once.
 *
 * Each member owns a slot of the group's memory. In each round it fills its slot and then waits until it has
 * seen and compared the slots of all others, so a round is a barrier, too.
 */
#define _POSIX_C_SOURCE 200809L

#include "example.h"

#define PAYLOAD 1024
#define MOST_MEMBERS 60

struct options {
    unsigned int adapter, group, rounds, rank, members;
};

/* Rounds use both halves in turn: a slow reader of one round isn't overtaken by the next. */
struct slot {
    struct {
        unsigned int round;
        unsigned char payload[PAYLOAD - sizeof(unsigned int)];
    } half[2];
};

static void usage(const char *program)
{
    fprintf(stderr,
            "usage: %s [-a ADAPTER] [-g GROUP] [-n ROUNDS] RANK MEMBERS\n"
            "Start it once for each member, with ranks from 0 on, each on a node of its own.\n"
            "  -a  adapter number, default 0\n"
            "  -g  multicast group, 0 to 5, default 1\n"
            "  -n  rounds, default 100\n",
            program);
    exit(BAD_USAGE);
}

static struct options parse(int count, char **words)
{
    struct options options;
    int option;

    options.adapter = 0;
    options.group = 1;
    options.rounds = 100;
    while ((option = getopt(count, words, "a:g:n:")) != -1) {
        switch (option) {
        case 'a': options.adapter = (unsigned int)number(optarg, 0, 255); break;
        case 'g': options.group = (unsigned int)number(optarg, 0, 5); break;
        case 'n': options.rounds = (unsigned int)number(optarg, 1, 10000000); break;
        default: usage(words[0]);
        }
    }
    if (count - optind != 2)
        usage(words[0]);
    options.members = (unsigned int)number(words[optind + 1], 1, MOST_MEMBERS);
    options.rank = (unsigned int)number(words[optind], 0, options.members - 1);
    return options;
}

static unsigned char pattern(unsigned int rank, unsigned int round, size_t index)
{
    return (unsigned char)(rank * 17 + round * 5 + index);
}

static void fill(volatile struct slot *slot, unsigned int rank, unsigned int round)
{
    for (size_t index = 0; index < sizeof(slot->half[0].payload); index++)
        slot->half[round % 2].payload[index] = pattern(rank, round, index);
    SCIFlush(NULL, SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY);
    slot->half[round % 2].round = round;
    SCIFlush(NULL, SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY);
}

static void compare(const volatile struct slot *slot, unsigned int rank, unsigned int round)
{
    for (size_t index = 0; index < sizeof(slot->half[0].payload); index++) {
        if (slot->half[round % 2].payload[index] != pattern(rank, round, index)) {
            fprintf(stderr, "round %u: byte %lu of member %u is wrong\n", round, (unsigned long)index, rank);
            exit(WRONG_DATA);
        }
    }
}

static void play(const struct options *options, const volatile struct slot *all, volatile struct slot *own)
{
    for (unsigned int round = 1; round <= options->rounds; round++) {
        double since = now();

        fill(own, options->rank, round);
        for (unsigned int rank = 0; rank < options->members; rank++) {
            while (all[rank].half[round % 2].round != round) {
                wait_for("a member", since);
                /* One that joined late hasn't seen what was stored before. */
                if (round == 1)
                    fill(own, options->rank, round);
            }
            compare(&all[rank], rank, round);
        }
    }
}

int main(int count, char **words)
{
    struct options options = parse(count, words);
    size_t size = options.members * sizeof(struct slot);
    sci_error_t error;
    sci_desc_t device;
    sci_local_segment_t local;
    sci_remote_segment_t group;
    sci_map_t near_map, group_map;
    double begin;

    SCIInitialize(0, &error);
    check("SCIInitialize", error);
    SCIOpen(&device, 0, &error);
    check("SCIOpen", error);

    /* The number of the group takes the place of a segment id. */
    SCICreateSegment(device, &local, options.group, size, NULL, NULL, SCI_FLAG_BROADCAST, &error);
    check("SCICreateSegment", error);
    SCIPrepareSegment(local, options.adapter, SCI_FLAG_BROADCAST, &error);
    check("SCIPrepareSegment", error);
    SCISetSegmentAvailable(local, options.adapter, 0, &error);
    check("SCISetSegmentAvailable", error);
    const volatile struct slot *all =
        (const volatile struct slot *)SCIMapLocalSegment(local, &near_map, 0, size, NULL, 0, &error);
    check("SCIMapLocalSegment", error);
    group = connect_segment(device, DIS_BROADCAST_NODEID_GROUP_ALL, options.group, options.adapter,
                            SCI_FLAG_BROADCAST);
    volatile struct slot *reflected = (volatile struct slot *)SCIMapRemoteSegment(group, &group_map, 0, size, NULL,
                                                                                  SCI_FLAG_BROADCAST, &error);
    check("SCIMapRemoteSegment", error);

    begin = now();
    play(&options, all, &reflected[options.rank]);
    printf("member %u of %u: %u rounds, %.1f us each\n", options.rank, options.members, options.rounds,
           (now() - begin) / options.rounds * 1e6);

    SCIUnmapSegment(group_map, 0, &error);
    check("SCIUnmapSegment", error);
    SCIDisconnectSegment(group, 0, &error);
    check("SCIDisconnectSegment", error);
    SCIUnmapSegment(near_map, 0, &error);
    check("SCIUnmapSegment", error);
    remove_segment(local);
    SCIClose(device, 0, &error);
    check("SCIClose", error);
    SCITerminate();
    return ENDED_WELL;
}
