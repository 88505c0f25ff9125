// Contexts: the kinds of objects of the application that actions are for.

import type { User } from '../plugin-api/env.ts'
import { type DeepReadonly, type Static, Type } from '../schema.ts'
import { schemaOf } from './json-schema.ts'
import { POINT, STRICT } from './point.ts'

export const contextPoint = Type.Object(
  { ...POINT, data: Type.Optional(schemaOf('What an action learns of its object')) },
  STRICT,
)
/** A context as others see it. */
export type ContextPoint = DeepReadonly<Static<typeof contextPoint>>

/** One of the objects of a context, to choose from. */
export interface ObjectChoice {
  readonly id: string
  readonly title: string
}

/** An absolute path, or with the most that a plugin may do there: "readwrite" by default. */
export type FolderOfContext = string | { readonly path: string; readonly mode?: 'read' | 'readwrite' }

/** A context as the application declares it. */
export interface DeclaredContext extends ContextPoint {
  /**
   * The object of an id that a browser sends: data for the action, or undefined where there is none, or where this user may not see it.
   * Without this function, only the application itself can offer and run actions of the context.
   */
  find?(id: string, user: User | null): unknown
  /**
   * The folders of an object, by name: `ctx.folders` of actions and their tasks, for plugins that are granted "folders". It is asked each
   * time that one is called, so a task that runs later gets the folders of that moment.
   */
  folders?(
    object: unknown,
  ): Readonly<Record<string, FolderOfContext>> | Promise<Readonly<Record<string, FolderOfContext>>>
  /** The objects that a user can choose from, for arguments with `x-context`. */
  list?(user: User | null): readonly ObjectChoice[] | Promise<readonly ObjectChoice[]>
}

/** The functions of a context. */
export const CONTEXT_FUNCTIONS = ['find', 'list', 'folders'] as const
