// Host calls about files, with outcomes as the exceptions that the File System standard names.

import { asking } from '../../env/asking.ts'

export const ask = asking({
  PERMISSION_DENIED: 'NotAllowedError',
  RELEASE_REPLACED: 'NotAllowedError',
  QUOTA_EXCEEDED: 'QuotaExceededError',
  HANDLE_CLOSED: 'InvalidStateError',
  FOLDER_GONE: 'NotFoundError',
  FOLDER_UNRESPONSIVE: 'NotReadableError',
  HOST_CALL_FAILED: 'NotReadableError',
  DRIVES_NOT_MANAGED: 'NotSupportedError',
  DRIVE_UNKNOWN: 'NotFoundError',
  DRIVE_BUSY: 'NoModificationAllowedError',
  DRIVE_FAILED: 'OperationError',
})
