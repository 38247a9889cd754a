// A C++ program: templates, a lambda, a namespace, an exception that is caught. It makes up a text, counts its words
// and prints the most frequent ones. What a profile should find: names as they stand here, Counter<...>::add among
// them.
#include <algorithm>
#include <cstdio>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace words {

template <typename Key> class Counter {
  public:
    void add(const Key &key)
    {
        if (key.size() > 4) {
            throw std::length_error(key);
        }
        counts[key]++;
    }
    std::vector<std::pair<Key, int>> most_frequent(std::size_t wanted) const
    {
        std::vector<std::pair<Key, int>> rows(counts.begin(), counts.end());
        std::sort(rows.begin(), rows.end(), [](const auto &a, const auto &b) {
            return a.second != b.second ? a.second > b.second : a.first < b.first;
        });
        rows.resize(std::min(wanted, rows.size()));
        return rows;
    }

  private:
    std::map<Key, int> counts;
};

std::string make_word(std::minstd_rand &random)
{
    std::string word(1 + random() % 4, ' ');
    std::generate(word.begin(), word.end(), [&] { return static_cast<char>('a' + random() % 8); });
    return random() % 1000 == 0 ? word + "long" : word;
}

} // namespace words

int main()
{
    std::minstd_rand random(1);
    words::Counter<std::string> counter;
    int refused = 0;
    for (int i = 0; i < 16000000; i++) {
        try {
            counter.add(words::make_word(random));
        } catch (const std::length_error &) {
            refused++;
        }
    }
    for (const auto &row : counter.most_frequent(5)) {
        std::printf("%s %d\n", row.first.c_str(), row.second);
    }
    std::printf("%d words were too long\n", refused);
}
