// The shapes that the OpenAPI document lists by name, because several responses share them or clients want a type for them.

import type { TSchema } from '../schema.ts'
import { Access } from './access.ts'
import { AuditEntry } from './audit.ts'
import { DataImportAnswer } from './data.ts'
import { Device } from './devices.ts'
import { Evidence } from './evidence.ts'
import { ExtensionPoint } from './extension-points.ts'
import { LogLine } from './logs.ts'
import { InspectAnswer, UploadAnswer } from './packages.ts'
import { Permissions } from './permissions.ts'
import { Installation } from './plugins.ts'
import { Problem, ProblemDocument } from './problems.ts'
import { Server } from './server.ts'
import { Session } from './session.ts'
import { Setting } from './settings.ts'
import { TaskLogLine, TaskView } from './tasks.ts'
import { NewToken, Token } from './tokens.ts'
import { User } from './users.ts'
import { Value } from './values.ts'
import { Volume } from './volumes.ts'

export const NAMED_SHAPES = {
  Access,
  AuditEntry,
  DataImportAnswer,
  Device,
  Evidence,
  ExtensionPoint,
  InspectAnswer,
  Installation,
  LogLine,
  NewToken,
  Permissions,
  Problem,
  ProblemDocument,
  Server,
  Session,
  Setting,
  TaskLogLine,
  TaskView,
  Token,
  UploadAnswer,
  User,
  Value,
  Volume,
} as const satisfies Readonly<Record<string, TSchema>>
