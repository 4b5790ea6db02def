import { accountHome, accountName, nodePath, type ProvisionAction, type ProvisionRequest } from "./provision-action.ts";

export const appFolder = "/opt/dojang/app";
export const installedFile = `${appFolder}/.installed`;
export const commandFile = "/usr/local/bin/dojang";
const npmFolder = `${nodePath.slice(0, nodePath.lastIndexOf("/bin/"))}/lib/node_modules/npm`;

/** People log in with names of their own or as root; what lives on the server is the account's. */
export const commandText = `#!/bin/sh
# Written by Dojang.
if test "$(id -un)" != ${accountName}; then
  test "$(id -u)" = 0 || { echo "dojang: log in as ${accountName}, or: sudo dojang" >&2; exit 3; }
  cd / && exec setpriv --reuid ${accountName} --regid ${accountName} --init-groups -- env HOME=${accountHome} "$0" "$@"
fi
export DOJANG_HOME="\${DOJANG_HOME:-${accountHome}/home}" PATH="${nodePath.slice(0, nodePath.lastIndexOf("/"))}:$PATH"
exec ${nodePath} ${appFolder}/packages/dojang/bin/dojang.js "$@"
`;

/** Dojang itself, as it is on this machine: what deploys from here is met by the same version there. */
export function dojangAction({ app }: ProvisionRequest): ProvisionAction {
  return {
    id: "dojang",
    what: `Dojang${app === undefined ? "" : ` ${app.version}`} in ${appFolder}, and the command \`dojang\``,
    why: "releases are sent to it, and it keeps them alive; it is the version that this machine has",
    applies: () => app !== undefined,
    isDone: (facts) => facts.files[installedFile]?.trim() === app?.digest && facts.files[commandFile] === commandText,
    changes: (facts) => [
      `copies this machine's Dojang and npm${facts.files[installedFile] === undefined ? "" : " over what is there"}`,
      `writes ${commandFile}`,
    ],
    inputFile: app?.pack,
    // What runs goes on with the old files until it is started again; nobody ever meets half of the new ones.
    script: () => `set -e
umask 022
rm -rf ${appFolder}.new && mkdir -p ${appFolder}.new ${npmFolder.slice(0, npmFolder.lastIndexOf("/"))}
tar -xzf - -C ${appFolder}.new --no-same-owner
chmod -R a+rX ${appFolder}.new
printf '%s\\n' ${app?.digest ?? ""} > ${appFolder}.new/app/.installed
rm -rf ${appFolder}.old ${npmFolder}
mv ${appFolder}.new/npm ${npmFolder}
if test -e ${appFolder}; then mv ${appFolder} ${appFolder}.old; fi
mv ${appFolder}.new/app ${appFolder}
rm -rf ${appFolder}.new ${appFolder}.old
printf %s '${Buffer.from(commandText).toString("base64")}' | base64 -d > ${commandFile}.dojang-new
chmod 0755 ${commandFile}.dojang-new
mv ${commandFile}.dojang-new ${commandFile}
if test -d /run/systemd/system && systemctl is-active --quiet dojang.service; then systemctl restart dojang.service; fi`,
  };
}
