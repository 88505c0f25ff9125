// Counts responses by target, status class and duration: plain numbers, because the short path counts nanoseconds.
// Invariant: counting a response allocates nothing.

/** `backend`: the API of a plugin; `page`: its pages and assets; `runtime`: everything else. */
export const TARGETS = ['backend', 'page', 'runtime'] as const
export type MeterTarget = (typeof TARGETS)[number]

/** Upper bounds, in seconds. */
export const DURATION_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const
const CLASSES = 5

export interface TargetFigures {
  readonly target: MeterTarget
  /** Responses by the first digit of their status: 1xx at 0. */
  readonly classes: readonly number[]
  /** Cumulative: responses that took at most as long as each bucket. */
  readonly buckets: readonly number[]
  readonly count: number
  readonly sumSeconds: number
}

export class HttpMeter {
  readonly #classes = new Float64Array(TARGETS.length * CLASSES)
  readonly #buckets = new Float64Array(TARGETS.length * (DURATION_BUCKETS.length + 1))
  readonly #sums = new Float64Array(TARGETS.length)

  /** @param ms until the head of the response */
  record(target: MeterTarget, status: number, ms: number): void {
    const index = TARGETS.indexOf(target)
    const digit = Math.min(CLASSES, Math.max(1, Math.floor(status / 100)))
    increase(this.#classes, index * CLASSES + digit - 1, 1)
    increase(this.#buckets, index * (DURATION_BUCKETS.length + 1) + bucketOf(ms / 1000), 1)
    increase(this.#sums, index, ms / 1000)
  }

  get figures(): readonly TargetFigures[] {
    return TARGETS.map((target, index) => {
      const width = DURATION_BUCKETS.length + 1
      let count = 0
      const buckets = [...this.#buckets.subarray(index * width, (index + 1) * width)].map((value) => {
        count += value
        return count
      })
      return {
        target,
        classes: [...this.#classes.subarray(index * CLASSES, (index + 1) * CLASSES)],
        buckets: buckets.slice(0, -1),
        count,
        sumSeconds: this.#sums[index] ?? 0,
      }
    })
  }
}

function increase(numbers: Float64Array, index: number, by: number): void {
  numbers[index] = (numbers[index] ?? 0) + by
}

function bucketOf(seconds: number): number {
  for (let index = 0; index < DURATION_BUCKETS.length; index++) {
    if (seconds <= (DURATION_BUCKETS[index] ?? 0)) return index
  }
  return DURATION_BUCKETS.length
}
