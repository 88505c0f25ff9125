// Runs builds one after the other; changes during a build make one more, however many they are.
// Invariant: the last build begins after the last change.

export interface Build {
  /** When the first change was noticed, on the clock of performance.now(). */
  readonly since: number
  /** Whether a change has been noticed since this build began: what it finds is out of date. */
  isOutdated(): boolean
}

export interface Builds {
  request(since: number): void
  /** Takes no more requests; resolves when the build under way is done. */
  close(): Promise<void>
}

/** @param run never rejects */
export function createBuilds(run: (build: Build) => Promise<void>): Builds {
  let wanted: number | undefined
  let running: Promise<void> | undefined
  let closed = false
  const work = async (): Promise<void> => {
    while (wanted !== undefined && !closed) {
      const since = wanted
      wanted = undefined
      await run({ since, isOutdated: () => wanted !== undefined })
    }
    running = undefined
  }
  return {
    request(since) {
      if (closed) return
      wanted ??= since
      running ??= work()
    },
    async close() {
      closed = true
      await running
    },
  }
}
