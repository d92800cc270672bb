"""Corrupted images, computed with NumPy and SciPy from the definitions of MNIST-C (arXiv:1906.02337).

    python3 test/robustness/make_corruptions.py      # made with NumPy 1.24, SciPy 1.10

Writes fixtures/corruptions.npz: three images, for each corruption the images at severities 1 to 5, and the images at half
their resolution. It shares no code with the project. Both take their random numbers from `uniforms` and `normals` below, which are exact in float64.
"""

import pathlib

import numpy as np
from scipy import ndimage, stats

SIDE = 28


def uniforms(count, seed):
    """The generator of Park and Miller."""
    state, found = seed, []
    for _ in range(count):
        state = state * 16807 % 2147483647
        found.append(state / 2147483647)
    return np.array(found)


def normals(count, seed):
    """Sums of twelve uniform numbers, added from the first on."""
    parts = uniforms(12 * count, seed).reshape(count, 12)
    total = np.zeros(count)
    for k in range(12):
        total = total + parts[:, k]
    return total - 6


def smooth(image, sigma):
    return ndimage.gaussian_filter(image, sigma, mode="nearest", truncate=4) if sigma > 0 else image


def gaussian_noise(image, sigma, u, n):
    return image + sigma * n[:784].reshape(SIDE, SIDE)


def shot_noise(image, photons, u, n):
    return stats.poisson.ppf(u[:784].reshape(SIDE, SIDE), photons * image) / photons


def impulse_noise(image, amount, u, n):
    v = u[:784].reshape(SIDE, SIDE)
    return np.where(v < amount / 2, 0, np.where(v >= 1 - amount / 2, 1, image))


def uniform_noise(image, width, u, n):
    return image + width * (2 * u[:784].reshape(SIDE, SIDE) - 1)


def gaussian_blur(image, sigma, u, n):
    return smooth(image, sigma)


def glass_blur(image, parameters, u, n):
    sigma, reach, passes = parameters
    v = u[: 3 * 784].reshape(3, SIDE, SIDE)
    x = smooth(image, sigma).copy()
    for p in range(passes):
        for h in range(SIDE - reach, reach, -1):
            for w in range(SIDE - reach, reach, -1):
                coin, dy, dx = np.unravel_index(
                    int(v[p, h, w] * 8 * reach**2), (2, 2 * reach, 2 * reach)
                )
                if coin:
                    other = h + dy - reach, w + dx - reach
                    x[h, w], x[other] = x[other], x[h, w]
    return smooth(x, sigma)


def motion_blur(image, parameters, u, n):
    radius, sigma = parameters
    k = np.arange(2 * radius + 1)
    weights = np.exp(-(k**2) / (2 * sigma**2))
    angle = np.radians(90 * u[0] - 45)
    padded = np.pad(image, 2 * radius, mode="edge")
    total = np.zeros_like(image)
    for i, weight in zip(k, weights / weights.sum()):
        row = 2 * radius + int(np.ceil(i * np.sin(angle) - 0.5))
        column = 2 * radius + int(np.ceil(i * np.cos(angle) - 0.5))
        total += weight * padded[row : row + SIDE, column : column + SIDE]
    return total


def warp(image, matrix):
    """`matrix` takes (row, column) of the result to that of the source."""
    centre = np.full(2, 13.5)
    return ndimage.affine_transform(
        image, matrix, offset=centre - matrix @ centre, order=1, mode="grid-constant", cval=0
    )


def signed(amount, u):
    return -amount if u < 0.5 else amount


def shear(image, angle, u, n):
    a = signed(angle, u[0])
    return warp(image, np.array([[np.cos(a), 0], [-np.sin(a), 1]]))


def rotation(image, angle, u, n):
    a = signed(angle, u[0])
    return warp(image, np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]))


def scale(image, size, u, n):
    return warp(image, np.eye(2) / size)


def translation(image, pixels, u, n):
    return ndimage.shift(image, (-signed(pixels, u[1]), -signed(pixels, u[0])), order=0)


def brightness(image, added, u, n):
    return image + added


def contrast(image, kept, u, n):
    return image.mean() + kept * (image - image.mean())


def fog(image, parameters, u, n):
    amount, decay = parameters
    size, v = 32, u[:1024].reshape(32, 32)
    cloud, width, step = np.zeros((size, size)), 1.0, 32
    around = lambda shifts, d: sum(np.roll(cloud, (d * r, d * c), (0, 1)) for r, c in shifts) / 4
    while step >= 2:
        half = step // 2
        moved = width * (2 * v - 1)
        mean = around([(1, 1), (1, -1), (-1, 1), (-1, -1)], half)
        cloud[half::step, half::step] = (mean + moved)[half::step, half::step]
        for rows, columns in [(slice(0, None, step), slice(half, None, step))] + [
            (slice(half, None, step), slice(0, None, step))
        ]:
            mean = around([(1, 0), (-1, 0), (0, 1), (0, -1)], half)
            cloud[rows, columns] = (mean + moved)[rows, columns]
        step, width = half, width / decay**2
    cloud = (cloud - cloud.min()) / (cloud.max() - cloud.min())
    return (image + amount * cloud[:SIDE, :SIDE]) * image.max() / (image.max() + amount)


def spatter(image, parameters, u, n):
    mean, deviation = parameters
    wet = smooth(mean + deviation * n[:784].reshape(SIDE, SIDE), 1) > 0.65
    cover = smooth(wet.astype(float), 1.5)
    cover = np.where(cover < 0.8, 0, cover)
    return image * (1 - cover) + cover * 63 / 255


def stripe(image, width, u, n):
    edge = np.minimum(np.arange(SIDE), np.arange(SIDE)[::-1])
    return np.where(edge < width, 1 - image, image)


def line(x0, y0, x1, y1, thickness):
    columns, rows = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    d = np.abs(rows - np.interp(columns, [x0, x1], [y0, y1]))
    # np.interp is flat beyond its ends, and the line goes on to whole columns.
    d = np.where(columns < x0, np.abs(rows - y0 - (columns - x0) * (y1 - y0) / (x1 - x0)), d)
    d = np.where(columns > x1, np.abs(rows - y0 - (columns - x0) * (y1 - y0) / (x1 - x0)), d)
    near = np.clip(1 - d / thickness, 1e-9, None)
    drawn = np.clip(np.log(near) + 1, 0, 1)
    return np.where((columns >= np.floor(x0)) & (columns < np.ceil(x1)), drawn, 0)


def dotted_line(image, thickness, u, n):
    drawn = line(0, int(27 * u[0]), 27, int(27 * u[1]), thickness)
    drawn[:, np.arange(SIDE) % 4 < 2] = 0
    return image + drawn


def zigzag(image, thickness, u, n):
    y, fall = int(27 * u[0]), int(10 * u[1]) - 5
    theta, length = np.arctan2(fall, 23), np.hypot(23, fall)
    along, across, sign = [0.0], [0.0], 1
    while 2 * (2 * len(along) - 1) <= length:
        along.append(2.0 * (2 * len(along) - 1))
        across.append(2.0 * sign)
        sign = -sign
    points = np.array([along + [length], across + [0.0]])
    turn = np.array([[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]])
    xs, ys = turn @ points
    xs[-1], ys[-1] = 23, fall
    for i in range(1, len(xs)):
        image = image + line(2 + xs[i - 1], y + ys[i - 1], 2 + xs[i], y + ys[i], thickness)
    return image


def edges(image, parameters, u, n):
    part, sigma = parameters
    s = smooth(image, sigma)
    gy, gx = ndimage.sobel(s, 0, mode="nearest"), ndimage.sobel(s, 1, mode="nearest")
    size = np.hypot(gx, gy)
    padded = np.pad(size, 1, mode="edge")
    sector = np.round(np.degrees(np.arctan2(gy, gx)) / 45).astype(int) % 4
    top = np.zeros(size.shape, bool)
    for k, (dr, dc) in enumerate([(0, 1), (1, 1), (1, 0), (1, -1)]):
        ahead = padded[1 + dr : 29 + dr, 1 + dc : 29 + dc]
        behind = padded[1 - dr : 29 - dr, 1 - dc : 29 - dc]
        top |= (sector == k) & (size >= ahead) & (size >= behind)
    labels, count = ndimage.label(top & (size >= 0.1), np.ones((3, 3)))
    strong = np.unique(labels[top & (size >= 0.2)])
    return (1 - part) * image + part * np.isin(labels, strong[strong > 0])


def half_resolution(image):
    """Means over blocks of 2 x 2 pixels, read back between their centres."""
    blocks = image.reshape(14, 2, 14, 2).mean((1, 3))
    places = (np.arange(SIDE) + 0.5) / 2 - 0.5
    return ndimage.map_coordinates(
        blocks, np.meshgrid(places, places, indexing="ij"), order=1, mode="nearest"
    )


CORRUPTIONS = {
    "gaussian-noise": (gaussian_noise, [0.18, 0.26, 0.38, 0.5, 0.65]),
    "shot-noise": (shot_noise, [12, 5, 3, 2, 1]),
    "impulse-noise": (impulse_noise, [0.06, 0.09, 0.17, 0.27, 0.4]),
    "uniform-noise": (uniform_noise, [0.2, 0.35, 0.6, 0.9, 1.2]),
    "gaussian-blur": (gaussian_blur, [1, 1.5, 2, 3, 4]),
    "glass-blur": (glass_blur, [(0.4, 1, 1), (0.7, 1, 1), (0.7, 1, 2), (0.9, 2, 1), (1, 2, 3)]),
    "motion-blur": (motion_blur, [(4, 1), (7, 2), (10, 3), (15, 5), (15, 8)]),
    "shear": (shear, [0.2, 0.3, 0.4, 0.6, 0.8]),
    "scale": (scale, [0.9, 0.8, 0.7, 0.6, 0.5]),
    "rotation": (rotation, [0.2, 0.3, 0.4, 0.6, 0.8]),
    "translation": (translation, [1, 2, 3, 4, 5]),
    "brightness": (brightness, [0.2, 0.35, 0.5, 0.65, 0.8]),
    "contrast": (contrast, [0.3, 0.2, 0.1, 0.05, 0.025]),
    "fog": (fog, [(2.5, 1.7), (2.5, 1.5), (3, 1.4), (4, 1.3), (5, 1.2)]),
    "spatter": (spatter, [(0.61, 0.3), (0.63, 0.3), (0.65, 0.3), (0.67, 0.4), (0.69, 0.4)]),
    "stripe": (stripe, [2, 5, 7, 9, 12]),
    "dotted-line": (dotted_line, [1.3, 1.8, 2.3, 3.5, 5]),
    "zigzag": (zigzag, [1.3, 1.8, 2.3, 3.5, 5]),
    "edges": (edges, [(1 / 3, 1), (2 / 3, 1), (1, 1), (1, 1.5), (1, 2)]),
}


def some_images():
    """Blobs on black, with texture: grey values of all sizes, and no two alike."""
    rng = np.random.default_rng(7)
    found = []
    for _ in range(3):
        shape = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), 3)
        x = np.clip((shape - np.median(shape)) / shape.std(), 0, 1.2) / 1.2
        found.append(np.clip(x * (0.8 + 0.2 * rng.random((SIDE, SIDE))), 0, 1))
    return np.array(found).astype(np.float32)


if __name__ == "__main__":
    images = some_images()
    written = {"images": images}
    for name, (corrupt, amounts) in CORRUPTIONS.items():
        corrupted = []
        for severity, amount in enumerate(amounts, 1):
            which = (severity + len(written)) % 3
            u, n = uniforms(3 * 784, 1 + severity), normals(784, 11 + severity)
            corrupted.append(np.clip(corrupt(images[which].astype(float), amount, u, n), 0, 1))
        written[name] = np.array(corrupted).astype(np.float32)
    written["half-resolution"] = np.array([half_resolution(x.astype(float)) for x in images])
    path = pathlib.Path(__file__).parent / "fixtures" / "corruptions.npz"
    np.savez_compressed(path, **written)
