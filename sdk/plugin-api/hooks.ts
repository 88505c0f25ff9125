// Handlers of hooks: functions that get a value of the application, and give it back, perhaps changed.

import type { Context, Env, User } from './env.ts'
import type { AskedNames, ManifestField } from './manifest-values.ts'

/** The hooks of the application and the types of their values. `plugbay types` writes them for a host: see [hooks.md](hooks.md). */
export interface HookValues {}

export interface HookContext {
  /** The user who caused the call; null without one. */
  readonly user: User | null
  /** The language of the user, such as "fr", else the default of the application; `ctx.language` is the same. */
  readonly language: string
}

/** Returns the value for the next plugin. In a hook that only notifies, the result is ignored. */
export type HookHandler<Value = unknown> = (
  value: Value,
  context: HookContext,
  env: Env,
  ctx: Context,
) => unknown

type TypedHookHandler<Value> = (
  value: Value,
  context: HookContext,
  env: Env,
  ctx: Context,
) => Value | Promise<Value> | undefined

type HandlersOfHost = keyof HookValues extends never
  ? Readonly<Record<string, HookHandler>>
  : { readonly [Name in keyof HookValues]?: TypedHookHandler<HookValues[Name]> }

type HandlersOfManifest<Names extends string> = {
  readonly [Name in Names]: Name extends keyof HookValues ? TypedHookHandler<HookValues[Name]> : HookHandler
}

/** By name of the hook: those of the manifest, with the values of the host. */
export type HookHandlers =
  ManifestField<'hooks', undefined> extends infer Names extends string
    ? HandlersOfManifest<Names>
    : HandlersOfHost

export interface AppliedValue<Value = unknown> {
  readonly value: Value
  /** Plugins that were called and have answered, in order. */
  readonly applied: readonly { readonly plugin: string; readonly changed: boolean }[]
  /** Plugins that were left out, with the code of the reason. */
  readonly skipped: readonly { readonly plugin: string; readonly code: string }[]
}

export interface Hooks {
  /**
   * Applies a hook of the application, as the application does, in the language of the request or handler that the code works for. No user
   * is passed on. Rejects with `PERMISSION_DENIED`, `POINT_UNKNOWN`,
   * `VALUE_INVALID`, `HOOK_FAILED`, or with `QUOTA_EXCEEDED` when plugins call plugins too deep.
   */
  apply<Name extends HookNames>(
    name: Name,
    value: HookValueOf<Name>,
    options?: { readonly language?: string },
  ): Promise<AppliedValue<HookValueOf<Name>>>
}

type HookNames = (keyof HookValues extends never ? string : keyof HookValues) & AskedNames<'applyHooks'>
type HookValueOf<Name> = Name extends keyof HookValues ? HookValues[Name] : unknown
