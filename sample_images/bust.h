/* bust.h: the shape of the portrait: a head with its hair, neck and shoulders as a signed distance. */
#ifndef SAMPLE_IMAGES_BUST_H
#define SAMPLE_IMAGES_BUST_H

#include "sample_images/vector.h"

enum bust_part { BUST_SKIN, BUST_HAIR, BUST_CLOTH };

struct bust_point {
    double distance; /* to the nearest surface; negative inside */
    enum bust_part part;
};

/* The head is about two units high, its middle at the origin, its nose toward +z; left and right are the same. */
struct bust_point bust_at(struct vector p);

#endif
