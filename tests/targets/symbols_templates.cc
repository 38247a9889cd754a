// Source for the symbolizer's tests: namespaces, templates, methods, constructors, operators, lambdas, exceptions, virtual calls.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace shapes {

template <typename T> struct point {
    T x, y;
    point(T x_, T y_) : x(x_), y(y_) {}
    point operator+(const point &other) const { return point(x + other.x, y + other.y); }
    T norm() const { return x * x + y * y; }
};

struct shape {
    virtual ~shape() {}
    virtual double area() const = 0;
};

namespace {
struct square : shape {
    double side;
    explicit square(double s) : side(s) {}
    double area() const override { return side * side; }
};
double hidden_sum(const std::vector<std::unique_ptr<shape>> &all)
{
    double sum = 0;
    for (auto &one : all)
        sum += one->area();
    return sum;
}
} // namespace

template <typename Range, typename Function> void each(Range &range, Function function)
{
    for (auto &item : range)
        function(item);
}

} // namespace shapes

static int parse(const std::string &text)
{
    if (text.empty())
        throw std::invalid_argument("empty");
    return static_cast<int>(text.size()) * 3;
}

extern "C" int plain_name(int value)
{
    return value * 7;
}

int main(int argc, char **argv)
{
    std::vector<shapes::point<int>> points;
    for (int i = 0; i < argc + 10; i++)
        points.emplace_back(i, i * argc);
    int total = 0;
    shapes::each(points, [&total](const shapes::point<int> &p) { total += (p + p).norm(); });
    std::sort(points.begin(), points.end(), [](const auto &a, const auto &b) { return a.norm() > b.norm(); });
    std::vector<std::unique_ptr<shapes::shape>> all;
    all.push_back(std::make_unique<shapes::square>(argc));
    std::map<std::string, int> counts;
    for (int i = 0; i < argc; i++) {
        try {
            counts[argv[i]] += parse(argv[i]);
        } catch (const std::exception &error) {
            std::puts(error.what());
        }
    }
    std::printf("%d %f %zu %d\n", total, shapes::hidden_sum(all), counts.size(), plain_name(total));
    return 0;
}
