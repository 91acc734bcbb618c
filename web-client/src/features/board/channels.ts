/** The picture of each channel. */

import type { LucideProps } from "@lucide/svelte";
import Building from "@lucide/svelte/icons/building-2";
import Form from "@lucide/svelte/icons/file-pen-line";
import Globe from "@lucide/svelte/icons/globe";
import House from "@lucide/svelte/icons/house";
import Landmark from "@lucide/svelte/icons/landmark";
import Mail from "@lucide/svelte/icons/mail";
import MailOpen from "@lucide/svelte/icons/mail-open";
import MapPin from "@lucide/svelte/icons/map-pin";
import Sms from "@lucide/svelte/icons/message-square-text";
import Messages from "@lucide/svelte/icons/messages-square";
import Minus from "@lucide/svelte/icons/minus";
import Phone from "@lucide/svelte/icons/phone";
import Share from "@lucide/svelte/icons/share-2";
import Smartphone from "@lucide/svelte/icons/smartphone";
import User from "@lucide/svelte/icons/user-round-check";
import Video from "@lucide/svelte/icons/video";
import type { Component } from "svelte";
import type { Channel } from "../../lib/board/schema.ts";

export const CHANNEL_ICONS: Readonly<Record<Channel, Component<LucideProps>>> = {
  website: Globe,
  online_form: Form,
  portal: User,
  app: Smartphone,
  chat: Messages,
  social_media: Share,
  email: Mail,
  sms: Sms,
  phone: Phone,
  video_call: Video,
  letter: MailOpen,
  desk: Landmark,
  meeting: MapPin,
  home_visit: House,
  third_party: Building,
  none: Minus,
};
