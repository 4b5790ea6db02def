import { gatewayAddress, networkPrefix, type PodMember } from "./pod-plan.ts";
import { mustRun, runTool } from "./run-tool.ts";

/**
 * One bridge, one network namespace and one pair of virtual interfaces per member. There is no route out and no uplink:
 * what is not on the bridge does not exist. `ip -n` is of no use here, for it wants /sys.
 */
export async function makeNetwork(members: readonly PodMember[]): Promise<void> {
  await mustRun(["ip", "-batch", "-"], bridgeScript(members));
  await Promise.all(members.map(makeMemberNetwork));
}

async function makeMemberNetwork(member: PodMember): Promise<void> {
  await mustRun(inNetworkOf(member, ["ip", "-batch", "-"]), memberScript(member));
  // As in Docker, no service needs to be root for port 80. Where a kernel refuses, only such services will.
  await runTool(inNetworkOf(member, ["sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start"]));
}

export function inNetworkOf(member: PodMember, argv: readonly string[]): readonly string[] {
  return ["nsenter", `--net=${networkNamespace(member)}`, ...argv];
}

export function networkNamespace(member: PodMember): string {
  return `/run/netns/${member.key}`;
}

/** The agent's end of a member's link. */
export function linkOf(member: PodMember): string {
  return `v-${member.key}`;
}

function bridgeScript(members: readonly PodMember[]): string {
  const lines = [
    "link set lo up",
    "link add br0 type bridge",
    `addr add ${gatewayAddress}/${networkPrefix} dev br0`,
    "link set br0 up",
    ...members.flatMap((member) => [
      `netns add ${member.key}`,
      `link add ${linkOf(member)} type veth peer name eth0 netns ${member.key}`,
      `link set ${linkOf(member)} master br0 up`,
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

function memberScript(member: PodMember): string {
  return `link set lo up\naddr add ${member.address}/${networkPrefix} dev eth0\nlink set eth0 up\n`;
}
