"""The four generations that stand in offices, by the names users type."""

from simulators.zkteco.profile import Profile

_COMMON = {
    "~OS": "1",
    "~OEMVendor": "ZKTeco Inc.",
    "~ZKFPVersion": "10",
    "~PIN2Width": "9",
    "~SSR": "1",
    "FingerFunOn": "1",
    "WorkCode": "0",
    "Language": "73",
    "DeviceID": "1",
    "MAC": "00:17:61:c8:42:01",
    "IPAddress": "192.168.1.201",
    "NetMask": "255.255.255.0",
    "GATEIPAddress": "192.168.1.1",
}
_ZEM = {
    "~Platform": "ZEM500",
    "~DeviceName": "MA300",
    "~ProductTime": "2009-06-12 09:30:00",
    "~ZKFPVersion": "9",
    "~PIN2Width": "5",
    "~SSR": "0",
}
_ZEM510 = {**_ZEM, "~Platform": "ZEM510", "~DeviceName": "iClock", "~ProductTime": "2012-02-08 14:01:20"}
_TFT = {
    "~Platform": "ZMM220_TFT",
    "~DeviceName": "F18/ID",
    "~ProductTime": "2017-03-21 10:12:44",
    "~ExtendFmt": "0",
    "~RFCardOn": "1",
    "~IsOnlyRFMachine": "0",
    "FaceFunOn": "0",
    "CompatOldFirmware": "0",
}
_NEW = {
    **_TFT,
    "~Platform": "ZAM180_TFT",
    "~DeviceName": "SpeedFace-V5L",
    "~ProductTime": "2022-09-14 16:40:02",
    "~UserExtFmt": "1",
    "~PIN2Width": "14",
    "ZKFaceVersion": "58",
    "FaceFunOn": "1",
}

PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            name="zem-udp-old",
            tcp=False,
            udp=True,
            user_length=28,
            attlog_layout="8B",
            event_length=10,
            sizes_length=80,
            buffered_read=False,
            pin_width=5,
            log_capacity=50_000,
            user_capacity=3_000,
            firmware="Ver 5.32 Jun 12 2009",
            options={**_COMMON, **_ZEM},
        ),
        Profile(
            name="zem-udp",
            tcp=False,
            udp=True,
            user_length=28,
            attlog_layout="16",
            event_length=12,
            sizes_length=80,
            pin_width=9,
            log_capacity=50_000,
            user_capacity=3_000,
            firmware="Ver 6.40 Feb 8 2012",
            options={**_COMMON, **_ZEM510},
        ),
        Profile(name="tft-tcp", udp=True, options={**_COMMON, **_TFT}),
        Profile(
            name="new-tcp",
            attlog_layout="49",
            event_length=37,
            sizes_length=112,
            count_reported=False,
            pin_width=14,
            log_capacity=200_000,
            user_capacity=10_000,
            finger_capacity=6_000,
            face_capacity=6_000,
            firmware="Ver 6.60 May 13 2020",
            options={**_COMMON, **_NEW},
        ),
    )
}
