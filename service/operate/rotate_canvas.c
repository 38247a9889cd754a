/* Rotating about the centre, then moving the result so that its corners are inside the canvas. */
#include "service/operate/rotate_canvas.h"

#include <math.h>

/* The original rounds cos and sin to 15 decimals. Of 45 degrees they come out as HIGH and LOW, of 315 degrees as LOW
 * and -HIGH. */
static const double HALF_ROOT_HIGH = 0.707106781186548;
static const double HALF_ROOT_LOW = 0.707106781186547;

/* m[0], m[1], m[3], m[4] are given. */
static struct rotate_canvas fit(uint32_t width, uint32_t height, struct rotate_canvas canvas)
{
    double *m = canvas.m;
    const double center_x = width / 2.0;
    const double center_y = height / 2.0;
    m[2] = m[0] * -center_x + m[1] * -center_y + center_x;
    m[5] = m[3] * -center_x + m[4] * -center_y + center_y;

    const double corners[4][2] = {{0, 0}, {width, 0}, {width, height}, {0, height}};
    double left = HUGE_VAL, right = -HUGE_VAL, top = HUGE_VAL, bottom = -HUGE_VAL;
    for (int i = 0; i < 4; i++) {
        const double x = m[0] * corners[i][0] + m[1] * corners[i][1] + m[2];
        const double y = m[3] * corners[i][0] + m[4] * corners[i][1] + m[5];
        left = fmin(left, x);
        right = fmax(right, x);
        top = fmin(top, y);
        bottom = fmax(bottom, y);
    }
    canvas.width = (uint32_t)(ceil(right) - floor(left));
    canvas.height = (uint32_t)(ceil(bottom) - floor(top));

    const double shift_x = -((double)canvas.width - width) / 2.0;
    const double shift_y = -((double)canvas.height - height) / 2.0;
    m[2] = m[0] * shift_x + m[1] * shift_y + m[2];
    m[5] = m[3] * shift_x + m[4] * shift_y + m[5];
    return canvas;
}

struct rotate_canvas rotate_canvas_for(uint32_t width, uint32_t height, double cosine, double sine)
{
    /* the output's x axis points along (cosine, sine) in the source, whose y axis points down */
    return fit(width, height, (struct rotate_canvas){.m = {cosine, -sine, 0, sine, cosine, 0}});
}

struct rotate_canvas rotate_canvas_there(uint32_t width, uint32_t height)
{
    return rotate_canvas_for(width, height, HALF_ROOT_HIGH, HALF_ROOT_LOW);
}

struct rotate_canvas rotate_canvas_back(const struct rotate_canvas *there)
{
    return rotate_canvas_for(there->width, there->height, HALF_ROOT_LOW, -HALF_ROOT_HIGH);
}

struct rotate_canvas rotate_canvas_by(uint32_t width, uint32_t height, double angle_degrees, int *ret_quarter_turns)
{
    double angle = fmod(angle_degrees, 360.0);
    if (angle < 0)
        angle += 360.0; /* a tiny negative angle becomes 360 itself */
    const double quarters = angle / 90.0;
    if (quarters == floor(quarters)) {
        static const double cosines[4] = {1, 0, -1, 0};
        const int turns = (int)quarters % 4;
        *ret_quarter_turns = turns;
        return rotate_canvas_for(width, height, cosines[turns], cosines[(turns + 3) % 4]);
    }
    *ret_quarter_turns = -1;
    const double radians = angle * (M_PI / 180.0);
    return rotate_canvas_for(width, height, cos(radians), sin(radians));
}
