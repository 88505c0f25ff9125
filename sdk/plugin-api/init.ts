// Handlers of steps that set the application up.

import type { Context, Env } from './env.ts'

export interface InitRequest {
  /** `pre`: before the application sets itself up; `run`: after that. */
  readonly stage: 'pre' | 'run'
}

/** One step; it may run again, so it must find what is there already. What it throws ends the task with its message. */
export type InitHandler = (request: InitRequest, env: Env, ctx: Context) => unknown

/** By name of the step. */
export type InitHandlers = Readonly<Record<string, InitHandler>>
