// plugbay: embeds the runtime in a Node server of your own.
// Invariant: nothing that it imports awaits at its top level, so that require('plugbay') works as well.

import './needs-node.ts'

export type { Access } from '../sdk/api/access.ts'
export type { Bundle, SlotPart } from '../sdk/api/bundles.ts'
export type { DataImportAnswer } from '../sdk/api/data.ts'
export type { RuntimeEvent, RuntimeEventData, RuntimeEventName } from '../sdk/api/events.ts'
export type { Evidence } from '../sdk/api/evidence.ts'
export type { ExtensionPoint, ExtensionPoints } from '../sdk/api/extension-points.ts'
export type { Page, PageQuery } from '../sdk/api/lists.ts'
export type { LogLevel, LogLine, LogQuery } from '../sdk/api/logs.ts'
export type { MenuGroup, MenuItem } from '../sdk/api/menus.ts'
export type { InspectAnswer, UploadAnswer, UploadQuery } from '../sdk/api/packages.ts'
export type { Permissions } from '../sdk/api/permissions.ts'
export type { Installation, PluginState, Release } from '../sdk/api/plugins.ts'
export type { Problem, ProblemDocument } from '../sdk/api/problems.ts'
export type { Resources } from '../sdk/api/resources.ts'
export type { Setting, SettingChanges, Settings } from '../sdk/api/settings.ts'
export type { PatchView, RenderedFiles, RenderReport } from '../sdk/api/templates.ts'
export type { Value, ValueChanges } from '../sdk/api/values.ts'
export type { ObjectChoice } from '../sdk/host/contexts.ts'
export type { HostDeclaration } from '../sdk/host/declaration.ts'
export { defineHost } from '../sdk/host/define-host.ts'
export type { JsonSchema } from '../sdk/host/json-schema.ts'
export type {
  EventData,
  EventName,
  HookName,
  HookValue,
  HostSettingValues,
  MenuName,
  MenuParams,
} from '../sdk/host/static-types.ts'
export type { FormProperty, FormSchema } from '../sdk/manifest/form-schema.ts'
export type { ActionView } from './actions/action-views.ts'
export type { ActionOutcome, ActionRequest, ActionUser, HostActions } from './actions/actions.ts'
export { type AppOptions, createApp, createUpgradeHandler, type UpgradeHandler } from './app.ts'
export type { Config } from './config/config.ts'
export type { HostSettings } from './contributions/host-settings.ts'
export type { HostMenus, MenuCaller } from './contributions/menus.ts'
export type { HostValues } from './contributions/values.ts'
export { type ErrorCode, PlugbayError } from './errors.ts'
export type { EventOptions, EventOutcome, HostEvents } from './events/events.ts'
export type { Outbox, OutboxEvent, OutboxOptions, OutboxRelay } from './events/outbox.ts'
export { type SqliteDatabase, type SqliteOutbox, sqliteOutbox } from './events/sqlite-outbox.ts'
export type { AppliedHook, HookOutcome, SkippedHook } from './hooks/apply-hook.ts'
export type { HookCaller, HostHooks } from './hooks/hooks.ts'
export type { Plugins, Unsubscribe } from './lifecycle/plugins.ts'
export type { Principal } from './permissions/principal.ts'
export type { HostTemplatesApi } from './rendering/live-templates.ts'
export { type Authenticate, createRuntime, type Runtime, type RuntimeOptions } from './runtime.ts'
export { serve } from './serve.ts'
export type { HostSlots, PageVisitor } from './slots/slots.ts'
