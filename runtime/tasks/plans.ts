// The tasks that manifests schedule themselves.
// Invariant: they are scheduled when the plugin is enabled or updated, and not when the server restarts: its store remembers what
// they were last scheduled for.

import type { TaskStore } from '../../plugin-store/tasks/task-store.ts'
import type { ServingPlugin } from '../contributions/live-plugin.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import { type NewTaskParts, plannedTasks } from './new-task.ts'

export interface PlanParts {
  readonly store: Pick<TaskStore, 'plan' | 'applyPlan'>
  readonly newTask: NewTaskParts
}

/** No plan of a release is empty. */
const WITHDRAWN = ''

export class Plans {
  readonly #parts: PlanParts

  constructor(parts: PlanParts) {
    this.#parts = parts
  }

  /** Resolves with what is wrong with the declaration, if anything. */
  async apply({ id, version, manifest }: ServingPlugin, nowMs: number): Promise<Problem | undefined> {
    const { store, newTask } = this.#parts
    const declared = manifest.contributes?.tasks ?? []
    const plan = JSON.stringify([version, declared])
    if ((await store.plan(id)) === plan) return undefined
    const names = declared.map((task) => task.id)
    try {
      await store.applyPlan(id, { plan, names, tasks: await plannedTasks(id, manifest, newTask) }, nowMs)
      return undefined
    } catch (error) {
      if (!(error instanceof PlugbayError)) throw error
      await store.applyPlan(id, { plan, names, tasks: [] }, nowMs)
      return { code: error.code, message: error.message }
    }
  }

  async withdraw(id: string, nowMs: number): Promise<void> {
    const { store } = this.#parts
    const plan = await store.plan(id)
    if (plan !== undefined && plan !== WITHDRAWN)
      await store.applyPlan(id, { plan: WITHDRAWN, names: null, tasks: [] }, nowMs)
  }
}
