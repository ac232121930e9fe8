// One picture of a toy, a can, a backpack or another everyday thing in the same kind of place: povray word.pov Declare=Seed=7
// Kinds 0-7 are toys; 8 teapot, 9 brown teapot, 10 mug, 11 apples, 12 bottle, 13 vase; 14 nothing; 15 and 16 cans; 17 a robot;
// 18 a backpack that stands or hangs, 19 one that somebody wears. Declare=Cut=1: the thing alone, to be laid over a photo.
#version 3.7;
global_settings { assumed_gamma 1 max_trace_level 5 ambient_light 1 }
#ifndef (Seed) #declare Seed = 1; #end
#declare R = seed(1000 + Seed);
#declare Kind = mod(Seed, 20);
#ifndef (Cut) #declare Cut = 0; #end
#include "things.inc"
#include "woods.inc"
#include "words.inc"

#local Warm = <1, Any(0.82, 1), Any(0.65, 1)>;
light_source { <Any(-15, 15), Any(8, 22), Any(-16, -6)> rgb Warm * Any(0.7, 1.15) area_light x * 5, y * 5, 3, 3 adaptive 1 jitter orient circular }
light_source { <Any(-14, 14), 12, Any(-14, 4)> rgb Any(0.15, 0.45) shadowless }
#local Sky = Paint() * 0.4 + Any(0.1, 0.5) * <1, 1, 1>;
#if (!Cut) sky_sphere { pigment { gradient y color_map { [0 rgb Sky * Any(0.5, 1.2)] [1 rgb Sky] } } } #end

#macro Ground()
  #local A = Paint(); #local B = Paint(); #local S = Any(0.3, 1.2);
  #switch (int(rand(R) * 7))
    #case (0) pigment { wood turbulence 0.08 octaves 3 scale <0.12, 0.12, 1.6> rotate x * 3
      color_map { [0 rgb <0.46, 0.26, 0.12>] [1 rgb <0.24, 0.12, 0.05>] } } #break
    #case (1) pigment { rgb A * 0.5 + 0.2 } #break
    #case (2) pigment { checker rgb A * 0.7 rgb B * 0.4 + 0.3 scale S } #break
    #case (3) pigment { granite scale 2 color_map { [0 rgb Any(0.2, 0.5)] [1 rgb Any(0.5, 0.9)] } } #break
    #case (4) pigment { bozo turbulence 0.8 scale 0.3 color_map { [0 rgb <0.05, 0.14, 0.02>] [1 rgb <0.20, 0.36, 0.06>] } } normal { bumps 2 scale 0.06 } #break
    #case (5) pigment { rgb Any(0.6, 0.95) } normal { wrinkles 0.4 scale 1.5 } #break
    #else pigment { bozo turbulence 1 scale 0.15 color_map { [0 rgb <0.42, 0.34, 0.22>] [1 rgb <0.70, 0.58, 0.42>] } } normal { bumps 0.6 scale 0.05 }
  #end
  finish { ambient 0.06 diffuse 0.75 }
#end
#local Floor = Pick((Kind = 19), -2.1, 0); // people stand on it, what they carry is in the middle
#if (!Cut)
plane { y, Floor texture { Ground() rotate y * Any(0, 180) } }
#if (Chance(0.7)) plane { z, Any(3, 12) inverse texture { Ground() rotate x * 90 } } #end
#if (Chance(0.5))
  #for (I, 1, 6) // things out of focus behind
    #local At = <Any(-7, 7), Floor, Any(3, 9)>;
    #if (Chance(0.5)) box { At - x * Any(0.3, 1), At + <Any(0.3, 1), Any(1, 4), 0.8> pigment { rgb Paint() } finish { ambient 0.05 diffuse 0.7 } }
    #else sphere { At + y, Any(0.6, 1.6) pigment { rgb Paint() } finish { ambient 0.05 diffuse 0.7 } } #end
  #end
#end
#end

camera {
  perspective
  location vrotate(<0, Any(1.2, 4.4), -Any(3.8, 9.5)>, y * Any(-30, 30))
  right x * image_width / image_height
  angle Any(30, 44)
  look_at <Any(-0.5, 0.5), Any(0.7, 1.2), 0>
  #if (!Cut) aperture 0.15 blur_samples 6 focal_point <0, 0.9, -0.4> #end
}

#local Wine = sor { 8, <0.50, -0.1>, <0.52, 0>, <0.55, 0.1>, <0.55, 1.5>, <0.48, 1.75>, <0.20, 2.05>, <0.18, 2.7>, <0.18, 2.8> Plastic(Either(0.5, <0.02, 0.10, 0.03>, Paint())) }
#local Vase = sor { 8, <0.30, -0.1>, <0.40, 0>, <0.45, 0.1>, <Any(0.6, 0.9), 0.8>, <0.55, 1.5>, <0.28, 1.9>, <0.40, 2.3>, <0.46, 2.4> open Plastic(Paint()) }
#local Turn = Any(-70, 70) - 90 * -1;
#local Slide = <Any(-0.5, 0.5), 0, Any(-0.4, 0.4)>;
#if (Kind = 17) #declare Kind = 1; #end
#if (Kind < 8) object { Toy(Kind) rotate y * Turn translate Slide }
#else
  #switch (Kind)
    #case (8) object { Dotty_Teapot rotate y * Turn translate Slide } #break
    #case (9) object { Brown_Teapot rotate y * Turn translate Slide } #break
    #case (10) object { Mug rotate y * Turn translate Slide } #break
    #case (11) object { Apples rotate y * Turn translate Slide } #break
    #case (12) object { Wine translate Slide } #break
    #case (13) object { Vase translate Slide } #break
    #case (15) #case (16)
      object { Can() rotate y * Any(-30, 30) #if (Chance(0.12)) rotate z * 90 rotate y * Any(0, 180) translate y * 0.7 #end translate Slide }
      #if (Chance(0.25)) object { Wine scale 0.8 translate Slide + <Either(0.5, 1.4, -1.4), 0, Any(0, 1)> } #end
    #break
    #case (18) object { Backpack() rotate <Any(-8, 20), Any(-40, 40), Any(-10, 10)> translate Slide + y * Either(0.6, 0, Any(0, 0.5)) } #break
    #case (19) object { Wearer() rotate y * Any(-35, 35) scale 0.75 translate Slide - y * Any(-0.2, 0.4) } #break
    #else
  #end
#end
