// Runs builds one at a time; changes during a build cause exactly one more.
// Invariant: the last build begins after the last change.

export interface Build {
  /** When the first change was noticed, a performance.now() value. */
  readonly since: number
  /** Whether a change was noticed since this build began: its result is out of date. */
  isOutdated(): boolean
}

export interface Builds {
  request(since: number): void
  /** Accepts no more requests; resolves when the running build is done. */
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
