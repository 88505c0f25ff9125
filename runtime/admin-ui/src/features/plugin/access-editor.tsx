// The audience of the plugin. Invariant: the server decides: it refuses an access wider than the manifest's.

import { Button, Group, Paper, Radio, Stack, TagsInput, Title } from '@mantine/core'
import { useState } from 'react'
import type { Access } from '../../../../../sdk/api/access.ts'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { usePluginChange } from '../../api/mutations.ts'
import { putAccess } from '../../api/plugins.ts'
import { Changeable } from '../../components/only.tsx'
import { t } from '../../languages/text.ts'

type Kind = 'public' | 'user' | 'permissions'

export function AccessEditor({ plugin }: { readonly plugin: Installation }) {
  const [kind, setKind] = useState<Kind>(kindOf(plugin.access))
  const [names, setNames] = useState<readonly string[]>(namesOf(plugin.access))
  const change = usePluginChange((access: Access | null) => putAccess(plugin.id, access), {
    done: (after) => t('The access to "{name}" is changed', { name: after.name }),
  })
  const save = (access: Access | null) =>
    change.mutate(access, {
      onSuccess: (after) => {
        setKind(kindOf(after.access))
        setNames(namesOf(after.access))
      },
    })
  const wanted: Access = kind === 'permissions' ? names : kind
  const dirty = JSON.stringify(wanted) !== JSON.stringify(plugin.access)
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="access-title">
      <Changeable permission="plugins.manage">
        <Stack>
          <Title order={2} size="h5" id="access-title">
            {t('Who may reach it')}
          </Title>
          <Radio.Group
            aria-labelledby="access-title"
            description={t('You can be stricter than its author, not more open')}
            value={kind}
            onChange={(value) => setKind(value as Kind)}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="public" label={t('Anyone')} />
              <Radio value="user" label={t('Anyone who is signed in')} />
              <Radio value="permissions" label={t('Only people with these permissions')} />
            </Stack>
          </Radio.Group>
          {kind === 'permissions' && (
            <TagsInput
              label={t('Permissions')}
              description={t('All of them are needed. For example "events.view"; press Enter after each')}
              value={[...names]}
              onChange={setNames}
            />
          )}
          <Group gap="xs" data-changes>
            <Button
              size="xs"
              disabled={!dirty || (kind === 'permissions' && names.length === 0)}
              loading={change.isPending}
              onClick={() => save(wanted)}
            >
              {t('Save')}
            </Button>
            <Button
              size="xs"
              variant="subtle"
              color="gray"
              disabled={change.isPending}
              onClick={() => save(null)}
            >
              {t('As its author chose')}
            </Button>
          </Group>
        </Stack>
      </Changeable>
    </Paper>
  )
}

function kindOf(access: Access): Kind {
  return access === 'public' || access === 'user' ? access : 'permissions'
}

function namesOf(access: Access): readonly string[] {
  return access === 'public' || access === 'user' ? [] : access
}
