/* The geometry of a rotation: how large the result is and where in the source each of its pixels comes from. */
#ifndef SERVICE_ROTATE_CANVAS_H
#define SERVICE_ROTATE_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

/* Output pixel (X, Y) comes from source x = m[0] X + m[1] Y + m[2], y = m[3] X + m[4] Y + m[5], both counted from the
 * pixels' top left corners; the canvas holds the whole rotated source. */
struct rotate_canvas {
    double m[6];
    uint32_t width;
    uint32_t height;
};

/* Rotation counter-clockwise, `cosine` and `sine` of the angle. Any thread. Source: Pillow's Image.rotate(expand=True),
 * whose order of operations decides the last bits. */
struct rotate_canvas rotate_canvas_for(uint32_t width, uint32_t height, double cosine, double sine);

/* The canvas of rotate without an angle: by 45 degrees, then that canvas back by 45. */
struct rotate_canvas rotate_canvas_there(uint32_t width, uint32_t height);
struct rotate_canvas rotate_canvas_back(const struct rotate_canvas *there);

/* A rotation by any angle, multiples of 90 degrees without rounding.
 * ret_quarter_turns: 0..3 to the left when the angle is a multiple of 90, else -1. */
struct rotate_canvas rotate_canvas_by(uint32_t width, uint32_t height, double angle_degrees, int *ret_quarter_turns);

#endif
