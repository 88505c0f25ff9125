// The permissions of the plugin: a switch for each requested piece. Nothing changes before "Save".

import { Alert, Button, Group, Paper, Stack, Switch, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { type AskedPermission, describePermissions } from '../../../../../sdk/permissions/describe.ts'
import { PUBLIC_ACCESS } from '../../../../../sdk/permissions/public-access.ts'
import { usePluginChange } from '../../api/mutations.ts'
import { putAccess, putGrants } from '../../api/plugins.ts'
import { permissionUsesQuery } from '../../api/releases.ts'
import { Icon } from '../../components/icons.tsx'
import { Changeable } from '../../components/only.tsx'
import { t } from '../../languages/text.ts'
import {
  allPieces,
  grantedPieces,
  grantsOf,
  piecesOf,
  sameSet,
  togglePiece,
} from '../permissions/grant-set.ts'
import { newsOf, PermissionRow } from '../permissions/permission-list.tsx'
import { RatingNote } from '../permissions/rating-note.tsx'
import { usedWords } from '../permissions/used-words.ts'

export function PermissionsTab({ plugin }: { readonly plugin: Installation }) {
  const asked = describePermissions(plugin.grantable)
  const uses = useQuery(permissionUsesQuery(plugin.id))
  const saved = grantedPieces(plugin.grantable, plugin.grants)
  const [draft, setDraft] = useState<ReadonlySet<string> | null>(null)
  const chosen = draft ?? saved
  const asksToBeOpen = plugin.accessAsked === 'public'
  const isOpen = plugin.access === 'public'
  const [wantsOpen, setWantsOpen] = useState<boolean | null>(null)
  const open = wantsOpen ?? isOpen
  const undecided = plugin.candidate !== null || plugin.state === 'waiting-approval'
  const grantsDiffer = !sameSet(chosen, saved)
  const dirty = grantsDiffer || open !== isOpen
  const save = usePluginChange(
    async () => {
      if (open !== isOpen) {
        const after = await putAccess(plugin.id, open ? null : 'user')
        if (!grantsDiffer && !undecided) return after
      }
      return await putGrants(plugin.id, grantsOf(plugin.grantable, chosen))
    },
    { done: (after) => t('What "{name}" may do is changed', { name: after.name }) },
  )
  const undo = () => {
    setDraft(null)
    setWantsOpen(null)
  }
  if (asked.length === 0 && !asksToBeOpen)
    return (
      <Alert color="teal" icon={<Icon name="check" />} title={t('It asks for nothing')} variant="light" />
    )
  return (
    <Paper withBorder p="md">
      <Changeable permission="plugins.manage">
        <Stack gap="lg">
          <RatingNote permissions={plugin.permissions} isPublic={asksToBeOpen} />
          <Text size="sm" c="dimmed">
            {t(
              'A permission that is off does not exist for the plugin. Changes apply at once, without a restart.',
            )}
          </Text>
          {choosesOrigins(plugin) && (
            <Text size="sm">
              {t(
                'The plugin does not say which server each secret is for: switch on those that you want it sent to.',
              )}
            </Text>
          )}
          <Stack gap="lg" role="list">
            {asksToBeOpen && (
              <PermissionRow
                asked={PUBLIC_ACCESS}
                control={
                  <Switch
                    aria-label={t(PUBLIC_ACCESS.words.title)}
                    checked={open}
                    onChange={() => setWantsOpen(!open)}
                  />
                }
              />
            )}
            {asked.map((permission) => (
              <Switches
                use={usedWords(uses.data?.find((use) => use.permission === permission.name))}
                key={permission.name}
                permission={permission}
                plugin={plugin}
                chosen={chosen}
                toggle={(key) => setDraft(togglePiece(plugin.grantable, { chosen, key }))}
              />
            ))}
          </Stack>
          <Group gap="xs" data-changes>
            <Button
              disabled={!dirty && !undecided}
              loading={save.isPending}
              onClick={() => save.mutate(undefined, { onSuccess: undo })}
            >
              {undecided ? t('Approve with this choice') : t('Save')}
            </Button>
            <Button variant="default" disabled={!dirty} onClick={undo}>
              {t('Undo')}
            </Button>
            <Button
              variant="subtle"
              color="gray"
              onClick={() => {
                setDraft(allPieces(plugin.permissions))
                if (asksToBeOpen) setWantsOpen(true)
              }}
            >
              {t('Switch all on')}
            </Button>
          </Group>
        </Stack>
      </Changeable>
    </Paper>
  )
}

/** Whether more may be switched on than the manifest asks for. */
function choosesOrigins({ permissions, grantable }: Installation): boolean {
  return !sameSet(allPieces(permissions), allPieces(grantable))
}

interface SwitchesProps {
  readonly use: string | null
  readonly permission: AskedPermission
  readonly plugin: Installation
  readonly chosen: ReadonlySet<string>
  readonly toggle: (key: string) => void
}

function Switches({ permission, plugin, chosen, toggle, use }: SwitchesProps) {
  const pieces = piecesOf(plugin.grantable, permission.name)
  const news = newsOf(permission.name, plugin.permissions, plugin.candidate?.added ?? {})
  const [only] = pieces
  if (pieces.length === 1 && only?.label === '')
    return (
      <PermissionRow
        asked={permission}
        news={news}
        use={use}
        control={
          <Switch
            aria-label={t(permission.words.title)}
            checked={chosen.has(only.key)}
            onChange={() => toggle(only.key)}
          />
        }
      />
    )
  return (
    <PermissionRow asked={permission} news={news} use={use}>
      <Stack gap="xs" mt="xs" role="group" aria-label={t(permission.words.title)}>
        {pieces.map((piece) => (
          <Switch
            key={piece.key}
            size="sm"
            label={t(piece.label)}
            checked={chosen.has(piece.key)}
            onChange={() => toggle(piece.key)}
          />
        ))}
      </Stack>
    </PermissionRow>
  )
}
