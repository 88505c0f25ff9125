// Watchers of tasks: they get the lines as they are stored, and learn that a task has changed.

import type { TaskLine } from '../../plugin-store/tasks/task-records.ts'

export interface TaskWatcher {
  line(line: TaskLine): void
  /** Its state, progress or level may be another. */
  changed(): void
}

export class TaskWatchers {
  readonly #byTask = new Map<string, Set<TaskWatcher>>()

  /** Returns the function that ends it. Watchers must not throw. */
  watch(taskId: string, watcher: TaskWatcher): () => void {
    const all = this.#byTask.get(taskId) ?? new Set()
    this.#byTask.set(taskId, all.add(watcher))
    return () => {
      all.delete(watcher)
      if (all.size === 0 && this.#byTask.get(taskId) === all) this.#byTask.delete(taskId)
    }
  }

  line(taskId: string, line: TaskLine): void {
    for (const watcher of this.#byTask.get(taskId) ?? []) watcher.line(line)
  }

  changed(taskId: string): void {
    for (const watcher of this.#byTask.get(taskId) ?? []) watcher.changed()
  }
}
