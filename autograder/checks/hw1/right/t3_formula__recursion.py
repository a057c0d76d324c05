"""Every path is walked; the result is a list of lists."""


def path_counts(degrees, D):
    def ways(degree, layer, output):
        if layer == len(degrees):
            return int(output + 1 > degree)
        return sum(ways(unit, layer + 1, output) for unit in degrees[layer] if unit >= degree)

    return [[ways(j + 1, 0, i) for j in range(D)] for i in range(D)]
