// Tells the tasks which plugins are disabled: now, and those that were when the server stopped before it knew.

import type { Catalog } from '../../plugin-store/store.ts'
import type { RuntimeEvent } from '../../sdk/api/events.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import type { BackgroundTasks } from './background-tasks.ts'

export interface FollowedParts {
  readonly tasks: Pick<BackgroundTasks, 'disabled'>
  readonly plugins: { subscribeEvents(listener: (event: RuntimeEvent) => void): () => void }
  readonly catalog: Pick<Catalog, 'list'>
  readonly live: Pick<LivePlugins, 'get'>
  readonly onError: (error: unknown) => void
}

/** Returns the function that ends it. */
export async function followPlugins({
  tasks,
  plugins,
  catalog,
  live,
  onError,
}: FollowedParts): Promise<() => void> {
  const stop = plugins.subscribeEvents((event) => {
    if (event.type === 'plugin.state' && event.data.state === 'disabled')
      tasks.disabled(event.data.id).catch(onError)
  })
  // The configuration may want one that is disabled.
  const disabled = (await catalog.list()).filter(
    ({ id, enabled }) => !enabled && live.get(id)?.kind !== 'serving',
  )
  for (const { id } of disabled) await tasks.disabled(id)
  return stop
}
