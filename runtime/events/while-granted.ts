// Watches the machine only while a plugin is granted an event of it: watching costs a process, or polls.

import { matchesPattern } from '../../sdk/permissions/kinds/name-patterns.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'

/** Calls `watch` when one of the events is granted, and what that returned when none is. Returns the function that ends it. */
export function whileGranted(
  live: Pick<LivePlugins, 'current' | 'subscribe'>,
  names: readonly string[],
  watch: () => () => void,
): () => void {
  let stop: (() => void) | undefined
  const look = (): void => {
    const isWanted = live
      .current()
      .some(({ grants }) =>
        grants.events?.some((pattern) => names.some((name) => matchesPattern(pattern, name))),
      )
    if (isWanted) stop ??= watch()
    else {
      stop?.()
      stop = undefined
    }
  }
  look()
  const unsubscribe = live.subscribe(look)
  return () => {
    unsubscribe()
    stop?.()
  }
}
